"""What locust runs for service.py: usual callers, and strangers for a while.

Writes a line for each answer: who asked, when (seconds of the machine's
clock), how long it took, the status, and Retry-After where there was one.
USUAL and STRANGERS are users and requests a second of all of them together.
They come by chance, as people do; at a rate of 0 each asks again as soon as
it is answered. FROM and TO are the seconds between which strangers ask.
"""

import json
import math
import os
import random
import time

from locust import FastHttpUser, task
from locust.exception import StopUser

BODIES = json.loads(os.environ["BODIES"])
LINES = open(os.environ["LINES"], "w", 1, "utf-8")  # noqa: SIM115
JSON = {"Content-Type": "application/json"}
BEGAN = time.time()
FROM, TO = float(os.environ["FROM"]), float(os.environ["TO"])
# servers have the first core, all callers the last
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def users(name: str) -> tuple[int, float]:
    """How many, and how often each one asks."""
    number, rate = os.environ[name].split()
    return int(number), float(rate) / max(int(number), 1)


class Caller(FastHttpUser):
    abstract = True
    rate, until = 0.0, math.inf

    def wait_time(self) -> float:
        return random.expovariate(self.rate) if self.rate else 0

    def on_start(self) -> None:
        self.wait()  # else all come at once

    @task
    def ask(self) -> None:
        start = time.time()
        if start - BEGAN > self.until:
            raise StopUser
        with self.client.post(
            "/predict",
            data=random.choice(BODIES),
            headers=JSON,
            catch_response=True,
        ) as said:
            after = said.headers.get("Retry-After", "-") if said else "-"
            took, who = time.time() - start, type(self).__name__
            LINES.write(f"{who} {start} {took} {said.status_code} {after}\n")
            said.success()


class Usual(Caller):
    fixed_count, rate = users("USUAL")


class Stranger(Caller):
    fixed_count, rate = users("STRANGERS")
    abstract, until = fixed_count == 0, TO

    def on_start(self) -> None:
        time.sleep(max(0.0, FROM - (time.time() - BEGAN)))
        self.wait()
