"""What locust runs for service.py: one flight, asked about again and again.

Writes a line for each answer: when it was asked (seconds of the machine's
clock), how long it took, the status, and Retry-After where there was one.
RATE is in requests a second over all USERS, each of whom comes by chance, as
strangers do; 0 asks as soon as answered.
"""

import os
import random
import time

from locust import FastHttpUser, task

RATE, USERS = float(os.environ["RATE"]), int(os.environ["USERS"])
BODY = os.environ["BODY"]
LINES = open(os.environ["LINES"], "w", 1, "utf-8")  # noqa: SIM115
JSON = {"Content-Type": "application/json"}


class Caller(FastHttpUser):
    def wait_time(self) -> float:
        return random.expovariate(RATE / USERS) if RATE else 0

    def on_start(self) -> None:
        self.wait()  # else all come at once

    @task
    def ask(self) -> None:
        start = time.time()
        with self.client.post(
            "/predict", data=BODY, headers=JSON, catch_response=True
        ) as said:
            after = said.headers.get("Retry-After", "-") if said else "-"
            took = time.time() - start
            LINES.write(f"{start} {took} {said.status_code} {after}\n")
            said.success()
