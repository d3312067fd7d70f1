"""The interrupt of a notebook, with a real kernel: what was half done is done or untouched."""

import os
import sys
import textwrap
from pathlib import Path

import pytest
from subprocesses import run_python

pytest.importorskip("ipykernel")
pytest.importorskip("jupyter_client")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a signal interrupts the kernel")

# The client, in a process of its own that must end in time.
CLIENT = """
    import os, sys
    from queue import Empty
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")

    def outputs(request, until="idle"):
        while True:
            message = client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == until:
                return
            if kind in {"stream", "error"}:
                yield content.get("text") or content["ename"]

    def cell(code):
        return list(outputs(client.execute(code)))

    try:
        assert cell("%load_ext obspeed\\nimport inchild, obspeed") == []
        assert cell(f"obspeed.set_num_threads({sys.argv[1]})") == []
        cell("seconds, fresh, names = inchild.long_work()")
        for attempt in range(20):
            # "started" is out before the work begins; the interrupt comes while it is done.
            request = client.execute(
                "st = fresh()\\nbefore = inchild.bits(st)\\nprint('started', flush=True)\\n"
                "inchild.by_method(st, names)\\nprint('done')"
            )
            seen = []
            for text in outputs(request):
                seen.append(text)
                if "started" in text:
                    manager.interrupt_kernel()
            if "KeyboardInterrupt" in seen:
                break
        assert "KeyboardInterrupt" in seen, seen
        assert cell("print(inchild.bits(st) == before, inchild.history(st[0]))") == ["True []\\n"]
        assert cell("inchild.by_method(st, names)\\nprint(len(inchild.history(st[0])))") == ["1\\n"]
        assert cell("print(obspeed.report().methods['interpolate'].accelerated > 0)") == ["True\\n"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_interrupt_of_a_kernel(threads, tmp_path):
    here = str(Path(__file__).parent)
    run_python(
        f"import warnings; warnings.simplefilter('ignore')\n{textwrap.dedent(CLIENT)}",
        threads,
        deadline=110,
        PYTHONPATH=os.pathsep.join([here, *sys.path]),
        IPYTHONDIR=tmp_path,
        JUPYTER_RUNTIME_DIR=tmp_path,
    )
