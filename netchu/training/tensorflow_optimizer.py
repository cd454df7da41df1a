"""AdamW under TensorFlow with its fused kernel, one operation for each weight instead of a dozen."""

import keras
import tensorflow as tf


class FusedAdamW(keras.optimizers.AdamW):
    """keras.optimizers.AdamW without `amsgrad`; the results are the same to float rounding."""

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
