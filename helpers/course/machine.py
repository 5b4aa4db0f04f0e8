"""What kind of machine this is. Only the standard library; what a system does not tell stays unknown."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

#: Feature as we name it → how /proc/cpuinfo (x86, ARM) and macOS' sysctl spell it.
FEATURES = {
    "AVX2": ("avx2", "hw.optional.avx2_0"),
    "AVX-512": ("avx512f", "hw.optional.avx512f"),
    "AVX512_BF16": ("avx512_bf16", "hw.optional.avx512bf16"),
    "AMX_BF16": ("amx_bf16", ""),
    "ARM BF16": ("bf16", "hw.optional.arm.FEAT_BF16"),
}
BF16_FEATURES = ("AVX512_BF16", "AMX_BF16", "ARM BF16")


def machine() -> dict[str, object]:
    """This machine as records keep it: no names of people, hosts or folders.

    Returns:
        ``cpu`` (str), ``cores`` (int, those this process may use), ``memory_gb`` (float or None; in units of
        2**30 bytes), ``bf16`` and ``avx512`` (bool: does the CPU compute with bfloat16, with 512-bit vectors).
    """
    has = features()
    total = memory()[0]
    return {
        "cpu": cpu_name(),
        "cores": cores(),
        "memory_gb": None if total is None else round(total / 2**30, 1),
        "bf16": any(name in has for name in BF16_FEATURES),
        "avx512": "AVX-512" in has,
    }


def cores() -> int:
    """How many cores this process may use, limits of a container included."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = _text("/sys/fs/cgroup/cpu.max").split()
    if len(limit) == 2 and limit[0].isdecimal():
        allowed = min(allowed, max(1, int(limit[0]) // int(limit[1])))
    return allowed


def cpu_name() -> str:
    """The processor's name as its maker gives it, or its architecture."""
    if sys.platform == "darwin":
        return _sysctl("machdep.cpu.brand_string") or platform.machine()
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def features() -> list[str]:
    """Which of :data:`FEATURES` this processor has; empty where the system does not tell."""
    if sys.platform == "darwin":
        return [name for name, (_, key) in FEATURES.items() if key and _sysctl(key) == "1"]
    flags = set((_cpuinfo("flags") or _cpuinfo("Features")).split())
    return [name for name, (flag, _) in FEATURES.items() if flag in flags]


def features_are_known() -> bool:
    """False where the system does not tell what its processor can do (Windows)."""
    return sys.platform == "darwin" or bool(_cpuinfo("flags") or _cpuinfo("Features"))


def memory() -> tuple[int | None, int | None]:
    """Bytes of memory in all and free for a new program; None where unknown."""
    if sys.platform == "darwin":
        return int(_sysctl("hw.memsize") or 0) or None, None
    if os.name == "nt":
        return _windows_memory()
    lines = dict(line.split(":", 1) for line in _text("/proc/meminfo").splitlines() if ":" in line)
    total, free = (int(lines[key].split()[0]) * 1024 if key in lines else None for key in ("MemTotal", "MemAvailable"))
    limit = _text("/sys/fs/cgroup/memory.max").strip()
    if total is not None and limit.isdecimal() and int(limit) < total:
        total = int(limit)
        used = int(_text("/sys/fs/cgroup/memory.current").strip() or 0)
        freed = dict(line.split() for line in _text("/sys/fs/cgroup/memory.stat").splitlines())
        free = min(free or 0, total - used + int(freed.get("inactive_file", 0)))  # kept pages of files make room
    return total, free


def gpus() -> list[str]:
    """Names of NVIDIA GPUs whose driver works; TensorFlow may need more than that to use them."""
    if not shutil.which("nvidia-smi"):
        return []
    return _output(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]).splitlines()


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _cpuinfo(key: str) -> str:
    for line in _text("/proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def _sysctl(key: str) -> str:
    return _output(["sysctl", "-n", key]).strip()


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


class _MemoryStatus(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in ("total", "free", "b", "c", "d", "e", "f")),
    )


def _windows_memory() -> tuple[int | None, int | None]:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None, None
    return status.total, status.free
