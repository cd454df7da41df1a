"""The bidirectional LSTM under TensorFlow, which trains faster on a CPU than the one of Keras.

Keras runs one loop per direction and lets TensorFlow differentiate it, which sums the gradient of the weights frame by
frame. Here both directions share one loop, and the gradient (back-propagation through time, Werbos 1990) is written by
hand. So everything that does not depend on the previous frame is computed for all frames at once, including the
gradient of the weights. Prediction and export use the code of Keras with the same weights.
"""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable("netchu")
class BidirectionalLSTM(layers.Bidirectional):
    """layers.Bidirectional around a layers.LSTM that returns sequences, for the TensorFlow backend."""

    def call(self, sequences, initial_state=None, mask=None, training=None):
        if not training:
            return super().call(sequences, initial_state, mask, training)
        cells = self.forward_layer.cell, self.backward_layer.cell
        frames_first = tf.transpose(sequences, (1, 0, 2))
        inputs = [
            tf.tensordot(directed, cell.kernel, 1) + cell.bias
            for directed, cell in zip((frames_first, tf.reverse(frames_first, [0])), cells, strict=True)
        ]
        recurrent = tf.stack([tf.convert_to_tensor(cell.recurrent_kernel) for cell in cells])
        hidden = _compute_hidden_states(tf.stack(inputs, axis=1), recurrent)
        hidden = tf.concat([hidden[:, 0], tf.reverse(hidden[:, 1], [0])], axis=-1)
        return tf.transpose(hidden, (1, 0, 2))


@tf.custom_gradient
def _compute_hidden_states(inputs: tf.Tensor, recurrent: tf.Tensor):
    """Return the hidden states `(frames, 2, batch, units)` of two LSTMs that start from zero, and their gradient.

    Args:
        inputs: `(frames, 2, batch, 4 * units)`, products of sequence and kernel, plus the bias, for the gates
            input, forget, candidate and output.
        recurrent: `(2, units, 4 * units)`, weights from the previous hidden state to the gates.
    """
    frames, units = tf.shape(inputs)[0], recurrent.shape[1]
    zero = tf.zeros_like(inputs[0, :, :, :units])
    steps = tf.TensorArray(inputs.dtype, frames).unstack(inputs)
    weights = tf.unstack(recurrent)

    def forward(frame, hidden, cell, gates, cells, states):
        values = steps.read(frame) + _matmul(hidden, weights)
        opened = tf.sigmoid(values)  # also of the candidate: one operation is cheaper than three on parts
        candidate = tf.tanh(values[:, :, 2 * units : 3 * units])
        cell = opened[:, :, units : 2 * units] * cell + opened[:, :, :units] * candidate
        hidden = opened[:, :, 3 * units :] * tf.tanh(cell)
        return (
            frame + 1,
            hidden,
            cell,
            gates.write(frame, values),
            cells.write(frame, cell),
            states.write(frame, hidden),
        )

    arrays = [tf.TensorArray(inputs.dtype, frames) for _ in range(3)]
    *_, gates, cells, states = tf.while_loop(
        lambda frame, *_: frame < frames, forward, (0, zero, zero, *arrays), parallel_iterations=1
    )
    gates, cells, hidden = gates.stack(), cells.stack(), states.stack()

    def gradient(hidden_gradients):
        input_gate, forget_gate, candidate, output_gate = tf.split(gates, 4, axis=-1)
        input_gate, forget_gate, output_gate = tf.sigmoid(input_gate), tf.sigmoid(forget_gate), tf.sigmoid(output_gate)
        candidate, tanh_cells = tf.tanh(candidate), tf.tanh(cells)
        previous_cells = tf.concat([zero[None], cells[:-1]], axis=0)
        # Derivatives of the cell state (the first three) or the hidden state (the last) by the inputs of the gates.
        gate_slopes = tf.concat(
            [
                candidate * input_gate * (1 - input_gate),
                previous_cells * forget_gate * (1 - forget_gate),
                input_gate * (1 - candidate**2),
                tanh_cells * output_gate * (1 - output_gate),
            ],
            axis=-1,
        )
        hidden_gradients, cell_slopes, gate_slopes, forget_gates = (
            tf.TensorArray(inputs.dtype, frames).unstack(values)
            for values in (hidden_gradients, output_gate * (1 - tanh_cells**2), gate_slopes, forget_gate)
        )
        transposed = [tf.transpose(weight) for weight in weights]

        def backward(frame, gate_gradient, cell_gradient, gate_gradients):
            hidden_gradient = hidden_gradients.read(frame) + _matmul(gate_gradient, transposed)
            cell_gradient += hidden_gradient * cell_slopes.read(frame)
            parts = [cell_gradient, cell_gradient, cell_gradient, hidden_gradient]
            gate_gradient = tf.concat(parts, axis=-1) * gate_slopes.read(frame)
            cell_gradient *= forget_gates.read(frame)
            return frame - 1, gate_gradient, cell_gradient, gate_gradients.write(frame, gate_gradient)

        start = (frames - 1, tf.zeros_like(inputs[0]), zero, tf.TensorArray(inputs.dtype, frames))
        *_, gate_gradients = tf.while_loop(lambda frame, *_: frame >= 0, backward, start, parallel_iterations=1)
        inputs_gradient = gate_gradients.stack()
        previous_hidden = tf.concat([zero[None], hidden[:-1]], axis=0)
        recurrent_gradient = tf.stack(
            [tf.tensordot(previous_hidden[:, d], inputs_gradient[:, d], [[0, 1], [0, 1]]) for d in (0, 1)]
        )
        return inputs_gradient, recurrent_gradient

    return hidden, gradient


def _matmul(states: tf.Tensor, weights: list[tf.Tensor]) -> tf.Tensor:
    """Multiply the states by the weights of each direction; two small products are faster than a batched one."""
    return tf.stack([tf.matmul(state, weight) for state, weight in zip(tf.unstack(states), weights, strict=True)])
