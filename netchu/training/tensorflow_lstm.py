"""The bidirectional LSTM under TensorFlow, which trains faster on a CPU than the one of Keras.

Keras runs one loop per direction and lets TensorFlow differentiate it. That takes many operations for each frame, and
sums the gradient of the weights frame by frame. Here the gradient (back-propagation through time, Werbos 1990) is
written by hand, and the gradient of the weights is computed for all frames at once. XLA compiles the loop over _CHUNK
frames, once for each size of a batch, and TensorFlow runs the two directions in parallel. Prediction and export use the
code of Keras with the same weights.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras import layers

_CHUNK = 64
"""Frames of a call of a compiled function. It is compiled for a fixed number, but lines have different widths."""


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
    units = recurrent.shape[0]
    zero = tf.zeros_like(inputs[0, :, :units])

    def forward(count, chunks, hidden, cell):
        *results, hidden, cell = _run_forward(count, *chunks, hidden, cell, recurrent)
        return results, (hidden, cell)

    gates, cells, states = _map_chunks(forward, [inputs], (zero, zero), (4 * units, units, units))

    def gradient(state_gradients):
        previous_states, previous_cells = (tf.concat([zero[None], values[:-1]], axis=0) for values in (states, cells))

        def backward(count, chunks, gate_gradient, cell_gradient):
            result, gate_gradient, cell_gradient = _run_backward(
                count, *chunks, gate_gradient, cell_gradient, recurrent
            )
            return [result], (gate_gradient, cell_gradient)

        values = [state_gradients, gates, cells, previous_cells]
        (gate_gradients,) = _map_chunks(backward, values, (tf.zeros_like(inputs[0]), zero), (4 * units,), reverse=True)
        rows = tf.reshape(previous_states, (-1, units)), tf.reshape(gate_gradients, (-1, 4 * units))
        return gate_gradients, tf.matmul(*rows, transpose_a=True)

    return states, gradient


@tf.function(jit_compile=True)
def _run_forward(count, inputs, hidden, cell, recurrent):
    """Return the gates before their activation, the cell states and the hidden states of a chunk, and the last states.

    Args:
        count: frames that are used of `inputs`, `(_CHUNK, batch, 4 * units)`.
        hidden, cell: before the first frame.
        recurrent: as for `_compute_hidden_states`.
    """

    def step(frame, hidden, cell, gates, cells, states):
        values = inputs[frame] + tf.matmul(hidden, recurrent)
        input_gate, forget_gate, candidate, output_gate = _activate(values)
        cell = forget_gate * cell + input_gate * candidate
        hidden = output_gate * tf.tanh(cell)
        arrays = gates.write(frame, values), cells.write(frame, cell), states.write(frame, hidden)
        return frame + 1, hidden, cell, *arrays

    arrays = [_make_array(like) for like in (inputs[0], cell, hidden)]
    _, hidden, cell, *arrays = tf.while_loop(
        lambda frame, *_: frame < count, step, (0, hidden, cell, *arrays), maximum_iterations=_CHUNK
    )
    return *(array.stack() for array in arrays), hidden, cell


@tf.function(jit_compile=True)
def _run_backward(count, state_gradients, gates, cells, previous_cells, gate_gradient, cell_gradient, recurrent):
    """Return the gradient by the values in the gates of a chunk, that of its first frame, and that by the cell before.

    Args:
        count: frames that are used of `state_gradients`, `gates`, `cells` and `previous_cells`, frames first.
        gate_gradient: of the first frame after the chunk.
        cell_gradient: of the last cell state of the chunk, from the frames after it.
        recurrent: as for `_compute_hidden_states`.
    """
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

    start = count - 1, gate_gradient, cell_gradient, _make_array(gate_gradient)
    _, gate_gradient, cell_gradient, gradients = tf.while_loop(
        lambda frame, *_: frame >= 0, step, start, maximum_iterations=_CHUNK
    )
    return gradients.stack(), gate_gradient, cell_gradient


def _make_array(like: tf.Tensor) -> tf.TensorArray:
    """Return an array for _CHUNK tensors of the shape of `like`."""
    return tf.TensorArray(like.dtype, _CHUNK, element_shape=like.shape)


def _activate(values: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Return the activations of the input gate, the forget gate, the candidate and the output gate."""
    input_gate, forget_gate, candidate, output_gate = tf.split(values, 4, axis=-1)
    return tf.sigmoid(input_gate), tf.sigmoid(forget_gate), tf.tanh(candidate), tf.sigmoid(output_gate)


def _map_chunks(
    step: Callable, values: Sequence[tf.Tensor], carried: tuple, widths: Sequence[int], reverse: bool = False
) -> list[tf.Tensor]:
    """Return the results of `step` for all frames, `(frames, batch, width)` each.

    Args:
        step: takes the number of frames of a chunk, the chunks of all values, and what the step before carried over. It
            returns its results, and what it carries over.
        values: `(frames, batch, ...)`; their chunks have _CHUNK frames, the last ones filled with zeros.
        carried: passed to the first step.
        widths: of the results.
        reverse: start with the last chunk.
    """
    frames, batch = tf.unstack(tf.shape(values[0])[:2])
    count = -(-frames // _CHUNK)

    def split(value):
        padded = tf.pad(value, [[0, count * _CHUNK - frames], [0, 0], [0, 0]])
        chunks = tf.reshape(padded, (count, _CHUNK, batch, value.shape[-1]))
        return tf.TensorArray(value.dtype, count).unstack(chunks)

    arrays = [split(value) for value in values]

    def body(done, carried, results):
        index = count - 1 - done if reverse else done
        chunks = [
            tf.ensure_shape(array.read(index), (_CHUNK, None, value.shape[-1]))
            for array, value in zip(arrays, values, strict=True)
        ]
        computed, carried = step(tf.minimum(frames - index * _CHUNK, _CHUNK), chunks, *carried)
        return done + 1, carried, [array.write(index, value) for array, value in zip(results, computed, strict=True)]

    empty = [tf.TensorArray(values[0].dtype, count) for _ in widths]
    *_, results = tf.while_loop(lambda done, *_: done < count, body, (0, carried, empty), parallel_iterations=1)
    return [
        tf.reshape(array.stack(), (count * _CHUNK, batch, width))[:frames]
        for array, width in zip(results, widths, strict=True)
    ]
