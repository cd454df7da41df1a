"""The bidirectional LSTM under TensorFlow: it trains faster on a CPU than Keras's own.

Keras runs one loop per direction and lets TensorFlow differentiate it, which sums the gradient of the weights frame by
frame. Here both directions share one loop, and the gradient (back-propagation through time, Werbos 1990) is written
out. So everything that does not depend on the previous frame is computed for all frames at once, the gradient of the
weights included. Prediction and export use Keras's code with the same weights.
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
        ahead = tf.transpose(sequences, (1, 0, 2))
        inputs = [
            tf.tensordot(directed, cell.kernel, 1) + cell.bias
            for directed, cell in zip((ahead, tf.reverse(ahead, [0])), cells, strict=True)
        ]
        recurrent = tf.stack([tf.convert_to_tensor(cell.recurrent_kernel) for cell in cells])
        hidden = _recurrence(tf.stack(inputs, axis=1), recurrent)
        ahead, back = hidden[:, 0], tf.reverse(hidden[:, 1], [0])
        return tf.transpose(tf.concat([ahead, back], axis=-1), (1, 0, 2))


@tf.custom_gradient
def _recurrence(inputs: tf.Tensor, recurrent: tf.Tensor):
    """Return the hidden states `(frames, 2, batch, units)` of two LSTMs that start from zero.

    Args:
        inputs: `(frames, 2, batch, 4 * units)`, the sequence's part of the gates: input, forget, candidate, output.
        recurrent: `(2, units, 4 * units)`, weights from the previous hidden state to the gates.
    """
    frames, units = tf.shape(inputs)[0], recurrent.shape[1]
    zero = tf.zeros_like(inputs[0, :, :, :units])
    steps = tf.TensorArray(inputs.dtype, frames).unstack(inputs)
    weights = tf.unstack(recurrent)

    def forward(frame, hidden, memory, gates, memories, states):
        values = steps.read(frame) + _matmul(hidden, weights)
        opening = tf.sigmoid(values)  # also of the candidate: one operation is cheaper than three on parts
        candidate = tf.tanh(values[:, :, 2 * units : 3 * units])
        memory = opening[:, :, units : 2 * units] * memory + opening[:, :, :units] * candidate
        hidden = opening[:, :, 3 * units :] * tf.tanh(memory)
        gates = gates.write(frame, values)
        return frame + 1, hidden, memory, gates, memories.write(frame, memory), states.write(frame, hidden)

    arrays = [tf.TensorArray(inputs.dtype, frames) for _ in range(3)]
    *_, gates, memories, states = tf.while_loop(
        lambda frame, *_: frame < frames, forward, (0, zero, zero, *arrays), parallel_iterations=1
    )
    gates, memory, hidden = gates.stack(), memories.stack(), states.stack()

    def gradient(upstream):
        entry, forget, candidate, output = tf.split(gates, 4, axis=-1)
        entry, forget, output = tf.sigmoid(entry), tf.sigmoid(forget), tf.sigmoid(output)
        candidate, squashed = tf.tanh(candidate), tf.tanh(memory)
        before = tf.concat([zero[None], memory[:-1]], axis=0)
        # Derivatives by the inputs of the gates, to multiply by the gradient of the memory (the first three) or of the
        # hidden state (the last).
        slopes = tf.concat(
            [
                candidate * entry * (1 - entry),
                before * forget * (1 - forget),
                entry * (1 - candidate**2),
                squashed * output * (1 - output),
            ],
            axis=-1,
        )
        from_above, into_memory, slopes, keeping = (
            tf.TensorArray(inputs.dtype, frames).unstack(values)
            for values in (upstream, output * (1 - squashed**2), slopes, forget)
        )
        transposed = [tf.transpose(weight) for weight in weights]

        def backward(frame, inward, memory_gradient, collected):
            hidden_gradient = from_above.read(frame) + _matmul(inward, transposed)
            memory_gradient += hidden_gradient * into_memory.read(frame)
            parts = [memory_gradient, memory_gradient, memory_gradient, hidden_gradient]
            inward = tf.concat(parts, axis=-1) * slopes.read(frame)
            return frame - 1, inward, memory_gradient * keeping.read(frame), collected.write(frame, inward)

        collected = tf.TensorArray(inputs.dtype, frames)
        start = (frames - 1, tf.zeros_like(inputs[0]), zero, collected)
        *_, collected = tf.while_loop(lambda frame, *_: frame >= 0, backward, start, parallel_iterations=1)
        inward = collected.stack()
        preceding = tf.concat([zero[None], hidden[:-1]], axis=0)
        return inward, tf.stack([tf.tensordot(preceding[:, d], inward[:, d], [[0, 1], [0, 1]]) for d in (0, 1)])

    return hidden, gradient


def _matmul(states: tf.Tensor, weights: list[tf.Tensor]) -> tf.Tensor:
    """Multiply the states and weights of each direction; two small products are faster than a batched one."""
    return tf.stack([tf.matmul(state, weight) for state, weight in zip(tf.unstack(states), weights, strict=True)])
