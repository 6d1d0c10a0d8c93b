"""How well a recogniser that was tuned for accuracy reads held-out digits.

`examples/train_ctc.py` is the one to learn from. This one adds what makes it
more accurate within 20 minutes on two cores: Muon, an auxiliary loss, averaged
weights and test-time augmentation.

    network.py     from images to logits
    optimizer.py   Muon for the inner layers, Adam for the rest
    training.py    the loss, a training step, many steps on all devices
    reading.py     test-time augmentation: several views of a line, one reading
    checkpoint.py  training that resumes
    train.py       python -m benchmarks.recogniser.train FOLDER
    scoring.py     sequence accuracy and label error rate on test digits
    cost.py        what the stream adds to a training step
    __main__.py    python -m benchmarks.recogniser
"""
