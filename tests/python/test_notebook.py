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
        # The kernel sends what it prints in as many pieces as its timer cuts it into.
        return "".join(outputs(client.execute(code)))

    def check(code, expected):
        printed = cell(code)
        assert printed == expected, (code, printed)

    try:
        check("%load_ext obspeed\\nimport inchild, obspeed", "")
        check(f"obspeed.set_num_threads({sys.argv[1]})", "")
        check("seconds, fresh, names = inchild.long_work()", "")
        check("done = inchild.state(inchild.by_method(fresh(), names))", "")
        for attempt in range(20):
            # "started" is out before the work begins; the interrupt comes while it is done.
            request = client.execute(
                "st = fresh()\\nuntouched = inchild.state(st)\\nprint('started', flush=True)\\n"
                "inchild.by_method(st, names)\\nprint('ended')"
            )
            seen = ""
            for text in outputs(request):
                seen += text
                if text.startswith("started"):
                    manager.interrupt_kernel()
            found = cell("print(['done', 'untouched'][(done, untouched).index(inchild.state(st))])")
            assert found in {"done\\n", "untouched\\n"}, (seen, found)
            # On a busy machine the interrupt may come when the work is over.
            if "KeyboardInterrupt" in seen and found == "untouched\\n":
                break
        else:
            raise AssertionError(seen)
        check("inchild.by_method(st, names)\\nprint(inchild.state(st) == done)", "True\\n")
        check("print(obspeed.report().methods['interpolate'].accelerated > 0)", "True\\n")
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
