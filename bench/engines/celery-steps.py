"""Celery's own worker for the bench: celery-steps.py BROKER_URL STEPS CONCURRENCY. It says on a channel when a run begins and ends."""

import json
import sys
import time

import redis
from celery import Celery
from celery.signals import worker_ready

broker, steps, concurrency = sys.argv[1], int(sys.argv[2]), sys.argv[3]
channel = redis.Redis.from_url(broker)
app = Celery("bare", broker=broker)
# As with the product, a message is acknowledged after its work, and nobody asks for results.
app.conf.update(task_acks_late=True, task_ignore_result=True, task_default_queue="bare")


def tell(what, run=""):
    channel.publish("bare", json.dumps({"what": what, "id": run}))


@app.task(name="step")
def step(run, step_ms, index):
    if index == 0:
        tell("begun", run)
    if step_ms > 0:
        time.sleep(step_ms / 1_000)
    if index + 1 == steps:
        tell("ended", run)
    else:
        step.delay(run, step_ms, index + 1)


worker_ready.connect(lambda **_: tell("ready"), weak=False)
app.worker_main(["worker", "--pool", "threads", "--concurrency", concurrency, "--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"])
