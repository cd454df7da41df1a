"""Training: network, loss, augmentation, batches, training loop, checkpoints and export."""
