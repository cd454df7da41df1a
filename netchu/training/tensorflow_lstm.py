"""The bidirectional LSTM under TensorFlow, which trains faster on a CPU than the one of Keras.

Keras runs one loop per direction and lets TensorFlow differentiate it. That takes many operations for each frame, and
sums the gradient of the weights frame by frame. Here the gradient (back-propagation through time, Werbos 1990) is
written by hand, and the gradient of the weights is computed for all frames at once. XLA compiles the loop over the
frames, and TensorFlow runs the two directions in parallel. Prediction and export use the code of Keras with the same
weights.
"""

import keras
import tensorflow as tf
from keras import layers

_FRAMES = 64
"""The frames are padded to a multiple of this, because XLA compiles the loop again for each other number of frames."""


@keras.saving.register_keras_serializable("netchu")
class BidirectionalLSTM(layers.Bidirectional):
    """layers.Bidirectional around a layers.LSTM that returns sequences, for the TensorFlow backend."""

    def call(self, sequences, initial_state=None, mask=None, training=None):
        if not training:
            return super().call(sequences, initial_state, mask, training)
        frames_first = tf.transpose(sequences, (1, 0, 2))
        forward = _run_direction(frames_first, self.forward_layer.cell)
        backward = _run_direction(tf.reverse(frames_first, [0]), self.backward_layer.cell)
        return tf.transpose(tf.concat([forward, tf.reverse(backward, [0])], axis=-1), (1, 0, 2))


def _run_direction(sequences: tf.Tensor, cell: layers.LSTMCell) -> tf.Tensor:
    """Return the hidden states `(frames, batch, units)` of an LSTM for sequences `(frames, batch, features)`."""
    inputs = tf.tensordot(sequences, cell.kernel, 1) + cell.bias
    return _compute_hidden_states(inputs, tf.convert_to_tensor(cell.recurrent_kernel))


@tf.custom_gradient
def _compute_hidden_states(inputs: tf.Tensor, recurrent: tf.Tensor):
    """Return the hidden states `(frames, batch, units)` of an LSTM that starts from zero, and their gradient.

    Args:
        inputs: `(frames, batch, 4 * units)`, products of sequence and kernel, plus the bias, for the gates
            input, forget, candidate and output.
        recurrent: `(units, 4 * units)`, weights from the previous hidden state to the gates.
    """
    # Otherwise TensorFlow would prepare a gradient of the compiled loop, which is not needed.
    inputs, recurrent = tf.stop_gradient(inputs), tf.stop_gradient(recurrent)
    frames = tf.shape(inputs)[0]
    gates, cells, states = _run_forward(frames, _pad_frames(inputs), recurrent)

    def gradient(state_gradients):
        gate_gradients, previous_states = _run_backward(
            frames, _pad_frames(state_gradients), gates, cells, states, recurrent
        )
        rows = (tf.reshape(values[:frames], (-1, values.shape[-1])) for values in (previous_states, gate_gradients))
        return gate_gradients[:frames], tf.matmul(*rows, transpose_a=True)

    return states[:frames], gradient


def _pad_frames(values: tf.Tensor) -> tf.Tensor:
    """Return `values` with frames of zeros at the end, to a multiple of _FRAMES."""
    return tf.pad(values, [[0, -tf.shape(values)[0] % _FRAMES], [0, 0], [0, 0]])


@tf.function(jit_compile=True)
def _run_forward(frames, inputs, recurrent):
    """Return the gates before their activation, the cell states and the hidden states of the first `frames` frames.

    Args:
        inputs, recurrent: as for `_compute_hidden_states`, with frames of padding.
    """

    def step(frame, hidden, cell, gates, cells, states):
        values = inputs[frame] + tf.matmul(hidden, recurrent)
        input_gate, forget_gate, candidate, output_gate = _activate(values)
        cell = forget_gate * cell + input_gate * candidate
        hidden = output_gate * tf.tanh(cell)
        arrays = gates.write(frame, values), cells.write(frame, cell), states.write(frame, hidden)
        return frame + 1, hidden, cell, *arrays

    zero = tf.zeros_like(inputs[0, :, : recurrent.shape[0]])
    arrays = [_make_array(inputs) for _ in range(3)]
    *_, gates, cells, states = tf.while_loop(lambda frame, *_: frame < frames, step, (0, zero, zero, *arrays))
    return gates.stack(), cells.stack(), states.stack()


@tf.function(jit_compile=True)
def _run_backward(frames, state_gradients, gates, cells, states, recurrent):
    """Return the gradient by the gates before their activation, and the hidden states of the frames before.

    Args:
        state_gradients: gradient by the hidden states, with frames of padding.
        gates, cells, states: results of `_run_forward`.
    """
    previous_cells, previous_states = (tf.pad(values[:-1], [[1, 0], [0, 0], [0, 0]]) for values in (cells, states))
    input_gate, forget_gate, candidate, output_gate = _activate(gates)
    tanh_cells = tf.tanh(cells)
    cell_slopes = output_gate * (1 - tanh_cells**2)
    # Derivatives of the cell state (the first three) or the hidden state (the last) by the values in the gates.
    gate_slopes = tf.concat(
        [
            candidate * input_gate * (1 - input_gate),
            previous_cells * forget_gate * (1 - forget_gate),
            input_gate * (1 - candidate**2),
            tanh_cells * output_gate * (1 - output_gate),
        ],
        axis=-1,
    )
    transposed = tf.transpose(recurrent)

    def step(frame, gate_gradient, cell_gradient, gradients):
        state_gradient = state_gradients[frame] + tf.matmul(gate_gradient, transposed)
        cell_gradient += state_gradient * cell_slopes[frame]
        parts = [cell_gradient, cell_gradient, cell_gradient, state_gradient]
        gate_gradient = tf.concat(parts, axis=-1) * gate_slopes[frame]
        return frame - 1, gate_gradient, cell_gradient * forget_gate[frame], gradients.write(frame, gate_gradient)

    start = frames - 1, tf.zeros_like(gates[0]), tf.zeros_like(cells[0]), _make_array(gates)
    *_, gradients = tf.while_loop(lambda frame, *_: frame >= 0, step, start)
    return gradients.stack(), previous_states


def _make_array(like: tf.Tensor) -> tf.TensorArray:
    """Return an array for as many tensors as `like` has frames."""
    return tf.TensorArray(like.dtype, tf.shape(like)[0])


def _activate(values: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Return the activations of the input gate, the forget gate, the candidate and the output gate."""
    input_gate, forget_gate, candidate, output_gate = tf.split(values, 4, axis=-1)
    return tf.sigmoid(input_gate), tf.sigmoid(forget_gate), tf.tanh(candidate), tf.sigmoid(output_gate)
