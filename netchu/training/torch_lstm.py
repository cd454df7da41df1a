"""The bidirectional LSTM under PyTorch: one call for both directions, which cuDNN runs in parallel on a GPU."""

import keras
import torch
from keras import layers


@keras.saving.register_keras_serializable("netchu")
class BidirectionalLSTM(layers.Bidirectional):
    """layers.Bidirectional around a layers.LSTM that returns sequences, for the PyTorch backend."""

    def call(self, sequences, initial_state=None, mask=None, training=None):
        weights = []
        for layer in (self.forward_layer, self.backward_layer):
            cell = layer.cell
            kernel, recurrent, bias = (weight.value for weight in (cell.kernel, cell.recurrent_kernel, cell.bias))
            # PyTorch has the gates in the same order as Keras, but transposed weights and a second bias.
            weights += [kernel.T.contiguous(), recurrent.T.contiguous(), bias, torch.zeros_like(bias)]
        start = sequences.new_zeros((2, len(sequences), self.forward_layer.units))
        return torch._VF.lstm(sequences, (start, start), weights, True, 1, 0.0, bool(training), True, True)[0]
