"""U-Net over resnet18 or resnet34 in PyTorch, for Glasswork's benchmark: the layers of
segmentation_models.pytorch's Unet with its defaults, one channel in and four classes out.

    unet.py train|train-mixed|predict resnet18|resnet34 SIDE BATCH SECONDS THREADS

prints slices a second, processor seconds a slice and peak memory in KiB."""
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def unit(channels, out, size=3, stride=1, rectify=True):
    layers = [nn.Conv2d(channels, out, size, stride, size // 2, bias=False), nn.BatchNorm2d(out)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if rectify else []))


class Residual(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.path = nn.Sequential(unit(channels, out, 3, stride), unit(out, out, rectify=False))
        straight = stride == 1 and channels == out
        self.shortcut = nn.Identity() if straight else unit(channels, out, 1, stride, rectify=False)

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x), inplace=True)


class UNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.stem = unit(1, 64, 7, 2)
        self.stages = nn.ModuleList()
        channels = 64
        for stage, count in enumerate(blocks):
            parts = [nn.MaxPool2d(3, 2, 1)] if stage == 0 else []
            for i in range(count):
                parts.append(Residual(channels, 64 << stage, 2 if i == 0 and stage > 0 else 1))
                channels = 64 << stage
            self.stages.append(nn.Sequential(*parts))
        self.decoder = nn.ModuleList()
        for out, skip in zip((256, 128, 64, 32, 16), (256, 128, 64, 64, 0)):
            self.decoder.append(nn.Sequential(unit(channels + skip, out), unit(out, out)))
            channels = out
        self.head = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, x):
        features = [self.stem(x)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        x = features.pop()
        for block in self.decoder:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            if features:
                x = torch.cat([x, features.pop()], 1)
            x = block(x)
        return self.head(x)


def cross_entropy_and_dice(logits, target):
    logs = F.log_softmax(logits, 1)
    known = F.one_hot(target, 4).permute(0, 3, 1, 2)[:, 1:]
    probabilities = logs.exp()[:, 1:]
    both = (probabilities * known).sum((0, 2, 3))
    dice = (2 * both + 1) / (probabilities.sum((0, 2, 3)) + known.sum((0, 2, 3)) + 1)
    return F.nll_loss(logs, target) + 1 - dice.mean()


def measure(work, batch, seconds):
    work()  # the first takes its memory
    start, used, rounds = time.perf_counter(), time.process_time(), 0
    while rounds == 0 or time.perf_counter() - start < seconds:
        work()
        rounds += 1
    wall, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(batch * rounds / wall, used / (batch * rounds), peak)


def main():
    mode, encoder, side, batch, seconds, threads = sys.argv[1:]
    side, batch = int(side), int(batch)
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    net = UNet({"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}[encoder])
    x = torch.rand(batch, 1, side, side)
    if mode == "predict":
        net.eval()

        def work():
            with torch.no_grad():
                torch.softmax(net(x), 1)

    else:
        target = torch.randint(0, 4, (batch, side, side))
        adam = torch.optim.Adam(net.parameters(), lr=1e-4)

        def work():
            adam.zero_grad()
            with torch.cpu.amp.autocast(enabled=mode == "train-mixed"):
                logits = net(x)
            loss = cross_entropy_and_dice(logits.float(), target)
            loss.backward()
            adam.step()
            loss.item()

    measure(work, batch, float(seconds))


main()
