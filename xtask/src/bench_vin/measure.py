"""Measures ultravin with the VINs in a file."""

import os, sys, time

def resident():
    lines = open("/proc/self/status").read().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssFile"))) / 1024

before, start = resident(), time.perf_counter()
import ultravin
vins = open(sys.argv[1]).read().split()
ultravin.decode("11111111111111111")
opened = (time.perf_counter() - start) * 1e3

def measure():
    times = []
    for vin in vins:
        start = time.perf_counter()
        ultravin.decode_json(vin)
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)

cold, warm = measure(), measure()
at = lambda times, part: times[(len(times) - 1) * part // 1000]
print(f"ultravin\t{opened:.1f}\t{at(cold, 500):.1f}\t{at(cold, 990):.1f}\t{at(warm, 500):.1f}\t{at(warm, 990):.1f}\t{resident() - before:.0f}")
