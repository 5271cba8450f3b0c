# ruff: noqa: E501 (a source reads best in one piece)
"""Hostile chart programs."""

from __future__ import annotations

import base64

from tests.hostile.attack import Attack

FAILS = ("runtime_error",)
DRAW = "\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.savefig('x.png')\n"

_PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8).decode()

_LEAVE = """import os
for name in ('.fontcache', '.fonts.conf', '.matplotlib'):
  path = os.path.join(os.environ['HOME'], name)
  assert not os.path.exists(path)
  os.makedirs(path)
  open(path + '/left', 'w').close()
"""
_GRID = [n * n % 7 for n in range(6400)]
_SHOW = "import numpy as np, matplotlib.pyplot as plt\n"


def _chart(name: str, source: str, *kinds: str) -> Attack:
    return Attack(name, "chart", source, kinds or FAILS)


PROGRAMS = [
    # network
    _chart("connect", "import socket\nsocket.create_connection(('127.0.0.1', @PORT@))"),
    _chart("http", "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:@PORT@/')"),
    _chart("udp", "import socket\nsocket.socket(2, 2).sendto(b'x', ('127.0.0.1', @PORT@))"),
    _chart("listen", "import socket\ns = socket.socket(); s.bind(('', 0)); s.listen()"),
    _chart("unix socket", "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0erm')"),
    _chart(
        "raw socket call",
        "import ctypes\nif ctypes.CDLL(None).syscall(41, 2, 1, 0) < 0: raise OSError('refused')",
    ),
    # reading
    _chart("read a secret", "raise RuntimeError(open('@SECRET@').read())"),
    _chart("read the home", "import os\nraise RuntimeError(str(os.listdir('/root')))"),
    _chart("read passwd", "raise RuntimeError(open('/etc/passwd').read())"),
    _chart(
        "read the environment",
        "import os\nraise RuntimeError(os.environ.get('ERM_TEST_SECRET', 'nothing'))",
    ),
    _chart(
        "read the parent's environment",
        "import glob\nraise RuntimeError(str([open(p).read() for p in glob.glob('/proc/*/environ')]))",
    ),
    _chart(
        "follow a link",
        "import os\nos.symlink('@SECRET@', 'l')\nraise RuntimeError(open('l').read())",
    ),
    _chart("leave the root", "import os\nos.chroot('.')"),
    _chart("import the tests", "import tests.hostile"),
    # writing
    _chart("write a file", "open('@CANARY@', 'w').write('x')"),
    _chart("write into the package", "import erm\nopen(erm.__file__, 'a').write('x')"),
    _chart("write into matplotlib", "import matplotlib as m\nopen(m.__file__, 'a').write('#')"),
    _chart(
        "save over a file",
        "import matplotlib.pyplot as plt\nplt.plot([1]); plt.savefig('@CANARY@')",
        "",
    ),
    _chart("fill the disk", "for i in range(999): open(str(i), 'wb').write(bytes(16 << 20))"),
    _chart("a huge file", "f = open('f', 'wb')\nf.seek(1 << 40)\nf.write(b'x')\nf.flush()"),
    _chart("fill the inodes", "for i in range(99999): open(str(i), 'w').close()"),
    _chart("device", "import os\nos.mknod('d', 0o60666, os.makedev(8, 0))"),
    _chart(
        "leave a locked folder and a link out",
        "import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nos.symlink('/', 'a/l')\nos.chmod('a/b', 0)\nos.chmod('a', 0)"
        + DRAW,
        "",
    ),
    _chart("hard link", "import os\nos.link('/etc/fonts/fonts.conf', 'l')"),
    _chart("memory outside the limit", "import os\nos.memfd_create('x')"),
    _chart("another user", "import os\nos.setuid(0)"),
    _chart(
        "mount",
        "import ctypes\nif ctypes.CDLL(None).mount(b'a', b'/', b'tmpfs', 0, None): raise OSError",
    ),
    # processes
    _chart("shell", "import subprocess\nsubprocess.run('touch @CANARY@', shell=True, check=True)"),
    _chart("system", "import os\nif os.system('touch @CANARY@'): raise OSError('refused')"),
    _chart("fork", "import os\nif os.fork() == 0:\n  while True: pass"),
    _chart("fork bomb", "import os\nwhile True: os.fork()"),
    _chart(
        "double fork",
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n"
        "    while True: open('@CANARY@', 'w')\n  os._exit(0)",
    ),
    _chart("spawn", "import os\nos.posix_spawn('/bin/sh', ['sh', '-c', 'sleep 99'], {})"),
    _chart(
        "multiprocessing", "import multiprocessing as m\np = m.Process(target=print)\np.start()"
    ),
    _chart("kill the worker", "import os\nos.kill(os.getppid(), 9)"),
    _chart("kill everything", "import os\nos.kill(-1, 9)"),
    _chart(
        "trace the worker",
        "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0): raise OSError",
    ),
    _chart(
        "read the worker's memory",
        "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    ),
    _chart(
        "new namespace",
        "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000): raise OSError('refused')",
    ),
    _chart(
        "limits of the worker",
        "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))",
    ),
    _chart(
        "limits of the worker by a raw call with high bits",
        "import ctypes, os\nlimit = (ctypes.c_ulong * 2)(1, 1)\n"
        "number = {'x86_64': 302, 'aarch64': 261}[os.uname().machine]\n"
        "worker = ctypes.c_long(1 << 32 | os.getppid())\n"
        "if ctypes.CDLL(None).syscall(number, worker, 7, limit, None):\n"
        "  raise OSError('refused')",
    ),
    _chart("pin the worker", "import os\nos.sched_setaffinity(os.getppid(), {0})"),
    _chart(
        "signal by a pipe",
        "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())",
    ),
    _chart(
        "choose a pipe's signal",
        "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, 10, 9)",
    ),
    _chart(
        "signal by a pipe through ioctl",
        "import fcntl, os, struct\nr, w = os.pipe()\n"
        "fcntl.ioctl(r, 0x8901, struct.pack('i', os.getppid()))",
    ),
    # end and crash
    _chart("exit without a word", "import os\nos._exit(3)", "worker_died"),
    _chart("abort", "import os\nos.abort()", "worker_died"),
    _chart("segfault", "import ctypes\nctypes.string_at(0)", "worker_died"),
    _chart("raise an exit", "raise SystemExit(7)"),
    _chart(
        "exception that fails to print", "class E(Exception):\n  def __str__(self): 1 / 0\nraise E"
    ),
    _chart(
        "thousands of threads",
        "import threading, time\nfor i in range(9999): threading.Thread(target=threading.Event().wait).start()",
    ),
    _chart("many open files", "keep = [open('/dev/null') for _ in range(9999)]"),
    _chart("stop itself", "import signal\nsignal.raise_signal(signal.SIGSTOP)"),
    _chart(
        "alarm",
        "import signal, threading\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\nthreading.Event().wait()",
        "worker_died",
    ),
    # poison
    _chart("leave files where fonts are cached", _LEAVE + DRAW, ""),
    _chart("find files where fonts are cached", _LEAVE + DRAW, ""),
    _chart(
        "poison the next item",
        "import builtins, matplotlib as m, random, os, sys\nm.rcParams['figure.figsize'] = (1, 1)\n"
        "random.seed = None\nbuiltins.len = None\nos.environ['X'] = 'y'\nsys.path.clear()\n"
        "import matplotlib.axes as a\na.Axes.plot = None\n1 / 0",
        "runtime_error",
        "worker_died",
    ),
    _chart(
        "write to every descriptor",
        "import os\nfor n in range(3, 64):\n  try: os.write(n, b'\\xff' * 65536)\n  except OSError: pass"
        + DRAW,
        "output_flood",
        "worker_died",
        "wall_time",
    ),
    _chart(
        "flood every descriptor",
        "import os\nwhile True:\n  for n in range(3, 64):\n    try: os.write(n, b'\\0' * 1048576)\n    except OSError: pass",
        "output_flood",
    ),
    _chart(
        "forge a picture",
        "import os, struct, json\nh = json.dumps({'width': 10**6, 'height': 10**6}).encode()\n"
        "for n in range(3, 64):\n  try: os.write(n, struct.pack('!II', len(h), 0) + h)\n"
        "  except OSError: pass\nwhile True: pass",
        "worker_died",
    ),
    _chart(
        "forge a kind",
        "import os, struct, json\nh = json.dumps({'kind': ['x'], 'message': {}}).encode()\n"
        "for n in range(3, 64):\n  try: os.write(n, struct.pack('!II', len(h), 0) + h)\n"
        "  except OSError: pass\nwhile True: pass",
    ),
    _chart("print without end", "for i in range(200000): print('x' * 1000)" + DRAW, ""),
    # rasters and size
    _chart(
        "open an image",
        "import matplotlib.pyplot as plt\nplt.imshow(plt.imread('@SECRET@'))",
        "raster_refused",
    ),
    _chart("open with Pillow", "from PIL import Image\nImage.open('@SECRET@')", "raster_refused"),
    _chart(
        "swallow the refusal",
        "from PIL import Image\ntry: Image.open('@SECRET@')\nexcept Exception: pass" + DRAW,
        "raster_refused",
    ),
    _chart(
        "embed an image",
        f"import base64, io\nfrom PIL import Image\nImage.open(io.BytesIO(base64.b64decode('{_PIXEL}')))",
        "raster_refused",
    ),
    _chart(
        "embed pixels",
        f"import base64, numpy as np, matplotlib.pyplot as plt\nb = base64.b64decode('{_PIXEL}')\n"
        "plt.imshow(np.frombuffer(b, 'u1')[:2048].reshape(32, 64))",
        "raster_refused",
    ),
    _chart(
        "pixels as numbers",
        f"import matplotlib.pyplot as plt\nplt.imshow({[[n * m % 251 for n in range(70)] for m in range(70)]})",
        "raster_refused",
    ),
    _chart(
        "pixels as text with gaps",
        f"import numpy as np, matplotlib.pyplot as plt\nplt.pcolormesh(np.array('{'7 0 3 ' * 1600}'.split(), float).reshape(60, 80))",
        "raster_refused",
    ),
    _chart(
        "pixels hidden in an inset",
        f"import numpy as np, matplotlib.pyplot as plt\nplt.axes().inset_axes([0, 0, 1, 1]).imshow(np.array({list(range(4900))}).reshape(70, 70))",
        "raster_refused",
    ),
    _chart(
        "pixels in a figure's own image",
        f"import numpy as np, matplotlib.pyplot as plt\nplt.figure().figimage(np.array({list(range(4900))}).reshape(70, 70))",
        "raster_refused",
    ),
    _chart(
        "pixels as one number",
        f"{_SHOW}b = (0x{'89ab' * 9000}).to_bytes(18000, 'big')\n"
        "plt.imshow(np.frombuffer(b, 'u1').reshape(100, 180))",
        "raster_refused",
    ),
    _chart(
        "pixels as letters in pieces",
        f"{_SHOW}b = ''.join({['abcdefgh' * 120] * 20})\n"
        "plt.imshow(np.frombuffer(b.encode(), 'u1').reshape(160, 120))",
        "raster_refused",
    ),
    _chart(
        "pixels as names",
        f"{_SHOW}a, b, c = 1, 2, 3\n"
        f"plt.imshow(np.reshape([{','.join('abc'[n % 3] for n in _GRID)}], (80, 80)))",
        "raster_refused",
    ),
    _chart(
        "pixels as empty containers",
        f"{_SHOW}plt.imshow(np.reshape([bool(x) for x in [{','.join('()' for _ in _GRID)}]], (80, 80)))",
        "raster_refused",
    ),
    _chart(
        "pixels as imaginary numbers",
        f"{_SHOW}plt.imshow(np.imag([{','.join(f'{n}j' for n in _GRID)}]).reshape(80, 80))",
        "raster_refused",
    ),
    _chart(
        "pixels as an identifier",
        f"{_SHOW}def f(x{'ab' * 3000}=0): pass\nb = f.__code__.co_varnames[0].encode()\n"
        "plt.imshow(np.frombuffer(b, 'u1')[:6000].reshape(60, 100))",
        "raster_refused",
    ),
    _chart(
        "pixels as polygons of a grid",
        f"{_SHOW}plt.pcolor(np.reshape({_GRID}, (80, 80)))",
        "raster_refused",
    ),
    _chart(
        "pixels as triangles",
        f"{_SHOW}y, x = np.mgrid[:80, :80]\n"
        f"plt.tripcolor(x.ravel(), y.ravel(), np.array({_GRID}, float), shading='gouraud')",
        "raster_refused",
    ),
    _chart(
        "pixels as a filter of an artist",
        f"{_SHOW}v = np.reshape({_GRID}, (80, 80)) / 7\n"
        "plt.text(0, 0, 'x').set_agg_filter(lambda im, dpi: (np.dstack([v, v, v, v]), 0, 0))",
        "raster_refused",
    ),
    _chart(
        "giant figure",
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(9999, 9999))",
        "too_many_pixels",
    ),
    _chart(
        "giant resolution",
        "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('x', dpi=1e6)",
        "too_many_pixels",
    ),
    _chart(
        "a million markers",
        "import matplotlib.pyplot as plt, numpy as np\nplt.scatter(*np.random.rand(2, 10**6))",
        "too_many_elements",
    ),
    _chart("eat memory", "x = bytearray(1 << 40)", "memory"),
    _chart("eat memory slowly", "x = []\nwhile True: x.append(bytearray(1 << 27))", "memory"),
    _chart("no source", "   \n", "no_source"),
    _chart("syntax", "import (", "syntax_error"),
    _chart("null byte", "import\0os", "syntax_error"),
    _chart("deep syntax", "(" * 5000 + ")" * 5000, "syntax_error"),
    _chart("nothing", "x = 1", "nothing_drawn"),
]

BURNING_PROGRAMS = [
    _chart(
        "stack overflow",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        "worker_died",
        "memory",
        "cpu_time",
        "runtime_error",
    ),
    _chart("burn the processor", "while True: pass", "cpu_time"),
    _chart(
        "burn it with signals ignored",
        "import signal\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n"
        "  except (OSError, ValueError): pass\nwhile True: pass",
        "cpu_time",
    ),
]

WAITING_PROGRAMS = [
    _chart("wait for ever", "import threading\nthreading.Event().wait()", "wall_time"),
    _chart(
        "wait with signals blocked",
        "import signal, threading\nsignal.pthread_sigmask(0, range(1, 65))\nthreading.Event().wait()",
        "wall_time",
    ),
    _chart(
        "wait in a thread",
        "import threading\nt = threading.Thread(target=threading.Event().wait)\nt.start(); t.join()",
        "wall_time",
    ),
]
