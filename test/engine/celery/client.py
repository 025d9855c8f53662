"""A Python application's side of the tests: client.py BROKER_URL ACTION [JSON]. Prints one line of JSON."""

import json
import sys

from celery import Celery
from kombu.serialization import enable_insecure_serializers

enable_insecure_serializers()
broker, action = sys.argv[1:3]
given = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
app = Celery("application", broker=broker, backend=broker)


def outcome(result, timeout=30):
    try:
        return {"state": "SUCCESS", "result": result.get(timeout=timeout)}
    except Exception as error:
        raised = type(error)
        return {"state": result.state, "raised": f"{raised.__module__}.{raised.__name__}", "message": str(error)}


def send(**options):
    return app.send_task(options.pop("task", "prompt_studio.run"), kwargs=given.get("kwargs", {}), **given.get("options", {}), **options)


if action == "run":
    answer = outcome(send(task=given.get("task", "prompt_studio.run")))
elif action == "send":
    answer = {"id": send().id}
elif action == "outcome":
    answer = outcome(app.AsyncResult(given["id"]))
elif action == "chain":
    signature = app.signature("prompt_studio.run", kwargs=given["kwargs"])
    answer = outcome((signature | app.signature("application.next", queue="application")).apply_async().parent)
elif action == "ping":
    answer = app.control.ping(timeout=given.get("timeout", 2), destination=given.get("destination"))
elif action == "revoke":
    answer = app.control.revoke(given["id"], terminate=given.get("terminate", False), reply=True, timeout=2)
else:
    raise SystemExit(f"unknown action {action}")
print(json.dumps(answer))
