"""Training: network, loss, augmentation, batches, training loop, checkpoints, export and quantization."""
