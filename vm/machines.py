#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The machines that vm/run and vm/bare start: emulators, processor models, bug lists.

A machine is written NAME[/MODEL][:CPUS], as in bochs-intel/skylake_x:2. Run as a program
with a NAME this prints the machine's name in the lists of bugs.
"""
import os
import re
import subprocess
import sys

import image

BOCHS = os.path.join(image.BUILD, "bochs")
IPS = 100_000_000       # Bochs: emulated instructions per emulated second
QEMU_CPU = "max,+svm,-smap"

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bochs")

# Linux switches ERMS off where MSR 1a0h says that fast strings are, and keeps FSRM.
FAST_STRINGS = f'msrs="{FOLDER}/linux.msrs"'
# Its XSETBV panics with AMX.
NO_AMX = 'exclude_features="amx,amx_int8,amx_bf16"'

# Bochs' names, and what a model needs to boot Linux. The first is the default.
MODELS = {
    "bochs-intel": {
        "sandy_bridge": ("corei7_sandy_bridge_2600k", ""),
        "penryn": ("core2_penryn_t9600", ""),
        "lynnfield": ("corei5_lynnfield_750", ""),
        "arrandale": ("corei5_arrandale_m520", ""),
        "ivy_bridge": ("corei7_ivy_bridge_3770k", ""),
        "haswell": ("corei7_haswell_4770", ""),
        "broadwell": ("broadwell_ult", ""),
        "skylake_x": ("corei7_skylake_x", ""),
        "cannon_lake": ("corei3_cnl", ""),
        "ice_lake": ("corei7_icelake_u", FAST_STRINGS),
        "tiger_lake": ("tigerlake", FAST_STRINGS),
        "sapphire_rapids": ("sapphire_rapids", f"{FAST_STRINGS}, {NO_AMX}"),
        "arrow_lake": ("arrow_lake", FAST_STRINGS),
        "wildcat_lake": ("wildcat_lake", FAST_STRINGS),     # from Bochs 3.1 on
    },
    "bochs-amd": {
        "zambezi": ("zambezi", ""),
        "trinity": ("trinity_apu", ""),
        "turion64": ("turion64_tyler", ""),
        "ryzen": ("ryzen", ""),
    },
}
NAMES = ("qemu-amd", *MODELS)

BOCHS_CONFIG = """\
config_interface: textconfig
display_library: nogui
cpu: model={model}, count={smp}, ips={ips}, reset_on_triple_fault=0, ignore_bad_msrs={linux}{needs}
memory: guest={memory}, host={memory}
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
clock: sync=none
boot: disk
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path={folder}/disk, mode=flat, cylinders={cylinders}, heads=16, spt=63
com1: enabled=1, mode=file, dev={folder}/console
{terminal}
port_e9_hack: enabled=1
speaker: enabled=0
panic: action=fatal
error: action=report
info: action=ignore{reports}
debug: action=ignore
log: {folder}/log
"""


def is_bochs(name):
    return name in MODELS


def split(text, default_smp="1"):
    """(name, model, CPUs) of NAME[/MODEL][:CPUS]; the model may be ''."""
    machine, _, smp = text.partition(":")
    name, _, model = machine.partition("/")
    return name, model, smp or default_smp


def check(name, model):
    """Raises image.Problem for a machine or model that is not known."""
    if name not in NAMES:
        raise image.Problem(f"no machine {name}: there are {', '.join(NAMES)}")
    if model and is_bochs(name) and model not in MODELS[name]:
        raise image.Problem(f"{name} has no model {model}: there are {', '.join(MODELS[name])}")


def version(name):
    """Of the machine's emulator, as in bug lists: "3.0", "7.2"."""
    if is_bochs(name):
        try:
            with open(f"{BOCHS}/version", encoding="ascii") as source:
                return source.read().strip()
        except FileNotFoundError:
            raise image.Problem(f"{BOCHS}/bochs is missing: run 'make deps'") from None
    try:
        said = subprocess.run(["qemu-system-x86_64", "--version"], stdout=subprocess.PIPE,
                              text=True, check=False).stdout
    except FileNotFoundError:
        raise image.Problem("qemu-system-x86_64 is missing: run 'make deps'") from None
    found = re.search(r"version (\d+\.\d+)", said)
    if not found:
        raise image.Problem(f"qemu-system-x86_64 --version says '{said.strip()}'")
    return found[1]


def emulator(name):
    """The machine's name in the lists of bugs: "bochs-intel-3.0"."""
    return f"{name}-{version(name)}"


def bochs(name, model, folder, smp, memory, cylinders, terminal="", linux=True):
    """Writes Bochs' configuration; returns the command.

    linux: an unknown MSR reads as 0, as Bochs lacks some that Linux takes for granted; else
    it is #GP, as is right.
    """
    version(name)
    model, needs = MODELS[name][model or next(iter(MODELS[name]))]
    if not linux and name == "bochs-intel":
        needs = f'msrs="{FOLDER}/lab.msrs"'
    with open(f"{folder}/bochsrc", "w", encoding="utf-8") as target:
        target.write(BOCHS_CONFIG.format(
            model=model, needs=needs and ", " + needs, smp=smp, ips=IPS, memory=memory,
            linux=int(linux),
            folder=folder, cylinders=cylinders,
            reports="".join(f", cpu{n}=report" for n in range(smp)),
            terminal=f"com2: enabled=1, mode=term, dev={terminal}" if terminal else ""))
    return [f"{BOCHS}/bochs", "-q", "-f", f"{folder}/bochsrc"]


if __name__ == "__main__":
    try:
        print(emulator(sys.argv[1]))
    except image.Problem as problem:
        sys.exit(f"vm/machines.py: {problem}")
