"""Everything that only training needs: network, loss, augmentation, batches, the loop and its checkpoints."""
