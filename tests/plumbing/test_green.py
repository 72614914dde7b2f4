"""A name that is slow to look up holds up nobody but who asked for it."""

import subprocess
import sys

# In a process of its own, because the runner patches the one that it is in.
SLOW_NAME = """
import socket, time
look_up, rest = socket.getaddrinfo, time.sleep

def slowly(host, *args, **kwargs):
    rest(1.0)
    return look_up("127.0.0.1" if host == "slow.example" else host, *args, **kwargs)

from shared import green
green.socket.getaddrinfo = slowly
green.patch()
import eventlet

beats = []
def beat():
    while True:
        beats.append(time.monotonic())
        eventlet.sleep(0.01)

server = eventlet.listen(("127.0.0.1", 0))
eventlet.spawn(beat)
eventlet.sleep(0.05)
with socket.create_connection(("slow.example", server.getsockname()[1]), timeout=5):
    pass
print(max(later - sooner for sooner, later in zip(beats, beats[1:])), beats[-1] - beats[0])
try:
    socket.getaddrinfo("nobody.invalid", 80)
except socket.gaierror as error:
    print(type(error).__name__)
"""


def test_looking_up_a_name_does_not_stop_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW_NAME], capture_output=True, text=True, timeout=60, check=True)
    numbers, refused = done.stdout.splitlines()
    longest_silence, whole = map(float, numbers.split())
    assert whole > 1.0
    assert longest_silence < 0.5
    assert refused == "gaierror"
