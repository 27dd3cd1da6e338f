# SPDX-License-Identifier: GPL-2.0
"""What the embedded machine boots from: kernel, initramfs, disk.

Whatever does not depend on the payload is made once and kept below build/vm/,
in a directory named after the kernel and the versions of the packages used.
"""
import glob
import hashlib
import lzma
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
BUILD = os.path.join(TOP, "build")
PACKAGES = ("busybox-static", "libc6-dev", "gcc", "kmod", "ncurses-base")
MODULES = ("kvm", "kvm_intel", "kvm_amd", "msr", "cpuid", "virtio_pci", "virtio_rng")
TERMINALS = ("d/dumb", "l/linux", "s/screen", "s/screen-256color", "t/tmux",
             "t/tmux-256color", "v/vt100", "x/xterm", "x/xterm-256color")
OUR_MODULE = "updates/trapgate.ko"  # in /lib/modules/RELEASE; vm/run puts it there

ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"
                  "user:x:1000:1000:user:/home/user:/bin/sh\n",
    "etc/group": "root:x:0:\nuser:x:1000:\n",
    "etc/shells": "/bin/sh\n",
    "etc/hosts": "127.0.0.1 localhost trapgate\n",
    "etc/profile": "export PS1='\\u@\\h:\\w\\$ '\n",
}

BOOT_PARAMS = 0x10000       # as in boot.S
COMMAND_LINE = 0x11000
KERNEL = 0x1000000
SECTOR = 512


class Problem(Exception):
    """Something the user can put right; the text says what."""


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout


# ---- initramfs archives ------------------------------------------------------

class Cpio:
    """A newc archive in memory; everything belongs to root."""

    def __init__(self):
        self.parts = []
        self.names = set()
        self.inode = 0

    def _member(self, name, mode, data=b"", rdev=(0, 0), uid=0):
        self.names.add(name)
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, uid, uid, 1, 0, len(data), 0, 0, *rdev, len(encoded), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self.parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]

    def folder(self, name, mode=0o755, uid=0):
        name = name.strip("/")
        if not name or name in self.names:
            return
        self.folder(os.path.dirname(name))
        self._member(name, stat.S_IFDIR | mode, uid=uid)

    def put(self, name, data, mode=0o644):
        name = name.strip("/")
        if name in self.names:
            return
        self.folder(os.path.dirname(name))
        if isinstance(data, str):
            data = data.encode()
        self._member(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        name = name.strip("/")
        if name not in self.names:
            self.folder(os.path.dirname(name))
            self._member(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        self.folder(os.path.dirname(name))
        self._member(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def file(self, host, name=None):
        name = (name or host).strip("/")
        if name in self.names:
            return
        with open(host, "rb") as source:
            data = source.read()
        self.put(name, data, 0o755 if os.access(host, os.X_OK) else 0o644)
        if data[:4] == b"\x7fELF" and os.access(host, os.X_OK):
            for library in libraries(host):
                self.file(library)

    def tree(self, host, name):
        if os.path.islink(host) and not os.path.exists(host):
            self.link(name, os.readlink(host))
        elif os.path.isdir(host):
            self.folder(name)
            for entry in sorted(os.listdir(host)):
                self.tree(os.path.join(host, entry), name.rstrip("/") + "/" + entry)
        elif os.path.isfile(host):
            self.file(host, name)
        else:
            raise Problem(f"{host}: not a file or folder")

    def bytes(self):
        self._member("TRAILER!!!", 0)
        data = b"".join(self.parts)
        return data + bytes(-len(data) % SECTOR)


def libraries(program):
    """Shared libraries and loader that a dynamic program needs."""
    listing = subprocess.run(["ldd", program], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True).stdout
    return re.findall(r"(/\S+) \(0x", listing)


# ---- kernels -----------------------------------------------------------------

OWN = os.path.join(BUILD, "kernel")     # RELEASE/vmlinuz, RELEASE/lib/modules/RELEASE


def own_file(release, name, installed):
    """A file or folder of a kernel of ours, or else where Debian installs it."""
    own = os.path.join(OWN, release, name)
    return own if os.path.exists(os.path.join(OWN, release, "vmlinuz")) else installed


def kernel_file(release):
    return own_file(release, "vmlinuz", f"/boot/vmlinuz-{release}")


def modules_folder(release):
    return own_file(release, f"lib/modules/{release}", f"/lib/modules/{release}")


def kernel_release(wanted):
    """The kernel to use: an exact release, or the newest installed one that starts so."""
    if wanted and os.path.exists(os.path.join(OWN, wanted, "vmlinuz")):
        return wanted
    have = [path.removeprefix("/boot/vmlinuz-") for path in glob.glob("/boot/vmlinuz-*")]
    start = wanted or output_of(os.path.join(HERE, "series"), text=True).strip()
    fitting = [k for k in have if k == wanted] or [
        k for k in have if start and k.startswith(start) and "cloud" in k]
    if not fitting:
        raise Problem(f"no kernel {wanted or start + '*-cloud-amd64'} below /boot; "
                      "'make deps' installs it")
    return max(fitting, key=lambda k: [int(n) for n in re.findall(r"\d+", k)])


def unpack_kernel(bzimage):
    """The ELF file inside a bzImage."""
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (bzimage[0x1f1] + 1) * SECTOR + offset
    payload = bzimage[start:start + length - 4]     # behind it stands the size, unpacked
    tools = {b"\x02\x21\x4c\x18": ["lz4", "-dc"], b"\x28\xb5\x2f\xfd": ["zstd", "-dc"],
             b"\x1f\x8b\x08": ["gzip", "-dc"]}
    if payload.startswith(b"\xfd7zXZ"):
        return lzma.decompress(payload)
    if payload.startswith(b"\x1f\x8b"):             # whose own trailer that is
        payload = bzimage[start:start + length]
    for magic, tool in tools.items():
        if payload.startswith(magic):
            return output_of(*tool, input=payload)
    raise Problem("the kernel is compressed in an unknown way")


def flatten(elf):
    """Entry point and memory image, from its lowest physical address, of a 64-bit ELF."""
    entry, table = struct.unpack_from("<QQ", elf, 24)
    size, count = struct.unpack_from("<HH", elf, 54)
    image = bytearray()
    for at in range(table, table + size * count, size):
        kind, _, offset, _, physical, length = struct.unpack_from("<IIQQQQ", elf, at)
        if kind != 1:
            continue
        place = physical - KERNEL
        image.extend(bytes(max(0, place + length - len(image))))
        image[place:place + length] = elf[offset:offset + length]
    image.extend(bytes(-len(image) % SECTOR))
    return entry, bytes(image)


# ---- the cache ---------------------------------------------------------------

def module_files(release):
    """The modules tests need and those they need, with their lines of modules.dep."""
    folder = modules_folder(release)
    depends = {}
    with open(f"{folder}/modules.dep", encoding="ascii") as source:
        for line in source:
            name, _, rest = line.strip().partition(":")
            depends[name] = rest.split()
    by_name = {re.sub(r"\.ko.*", "", os.path.basename(f)).replace("-", "_"): f for f in depends}
    wanted = {by_name[m] for m in MODULES if m in by_name}
    for name in list(wanted):
        wanted.update(depends[name])
    return folder, {name: depends[name] for name in sorted(wanted)}


def base_archive(release, agent):
    cpio = Cpio()
    for folder in ("proc", "sys", "dev", "tmp", "run", "root", "sbin", "usr/sbin", "mnt",
                   "var/run", "etc"):
        cpio.folder(folder)
    cpio.folder("home/user", uid=1000)
    cpio.device("dev/console", 5, 1)
    cpio.device("dev/null", 1, 3)
    for name, text in ACCOUNTS.items():
        cpio.put(name, text)
    cpio.put("etc/shadow", "root::0::::::\nuser::0::::::\n", 0o600)
    cpio.file("/bin/busybox", "bin/busybox")
    for applet in output_of("/bin/busybox", "--list-full", text=True).split():
        cpio.link(applet, "/bin/busybox")
    cpio.file(os.path.join(HERE, "guest/init"), "init")
    cpio.file(agent, "sbin/agent")
    for terminal in TERMINALS:
        if os.path.exists(f"/lib/terminfo/{terminal}"):
            cpio.file(f"/lib/terminfo/{terminal}")
    host, modules = module_files(release)
    folder = f"lib/modules/{release}"
    for name in modules:
        cpio.file(f"{host}/{name}", f"{folder}/{name}")
    cpio.put(f"{folder}/modules.dep",
             "".join(f"{name}: {' '.join(needs)}\n" for name, needs in modules.items()) +
             f"{OUR_MODULE}:\n")
    for name in ("modules.builtin", "modules.order"):
        cpio.file(f"{host}/{name}", f"{folder}/{name}")
    return cpio.bytes()


def cache_key(release):
    versions = subprocess.run(
        ["dpkg-query", "-W", *PACKAGES, f"linux-image-{release}"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout
    digest = hashlib.sha256(versions)
    for name in ("image.py", "boot.S", "guest/init", "guest/agent.c"):
        with open(os.path.join(HERE, name), "rb") as source:
            digest.update(source.read())
    status = os.stat(kernel_file(release))
    digest.update(b"%d %d" % (status.st_size, status.st_mtime_ns))
    return f"{release}-{digest.hexdigest()[:12]}"


def fill_cache(release, folder):
    boot_object = f"{folder}/boot.o"
    subprocess.run(["gcc", "-m32", "-c", f"{HERE}/boot.S", "-o", boot_object], check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-Ttext", "0x7c00", "-e", "start", "--oformat",
                    "binary", boot_object, "-o", f"{folder}/boot"], check=True)
    subprocess.run(["gcc", "-static", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror",
                    f"{HERE}/guest/agent.c", "-o", f"{folder}/agent"], check=True)
    with open(kernel_file(release), "rb") as source:
        bzimage = source.read()
    entry, image = flatten(unpack_kernel(bzimage))
    with open(f"{folder}/kernel", "wb") as target:
        target.write(image)
    with open(f"{folder}/header", "wb") as target:
        target.write(struct.pack("<Q", entry) + bzimage[:0x1000])
    with open(f"{folder}/base.cpio", "wb") as target:
        target.write(base_archive(release, f"{folder}/agent"))


def forget_old(release):
    """Remove what an earlier version prepared, unless it may still be in use."""
    for folder in glob.glob(os.path.join(BUILD, "vm", f"{release}-*")):
        if time.time() - os.stat(folder).st_mtime > 3600:
            shutil.rmtree(folder, ignore_errors=True)


def cache(release):
    """The directory of prepared files for a kernel, made when it is missing."""
    folder = os.path.join(BUILD, "vm", cache_key(release))
    if not os.path.isdir(folder):
        forget_old(release)
        os.makedirs(os.path.join(BUILD, "vm"), exist_ok=True)
        temporary = tempfile.mkdtemp(dir=os.path.join(BUILD, "vm"))
        try:
            fill_cache(release, temporary)
            os.chmod(temporary, 0o755)
            os.rename(temporary, folder)
        except OSError:     # somebody else was faster
            if not os.path.isdir(folder):
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


# ---- the disk of the Bochs machines --------------------------------------------

def boot_params(header, initrd_at, initrd_size):
    """The zero page of Linux' boot protocol; boot.S adds the memory map."""
    page = bytearray(4096)
    end = 0x202 + header[0x201]
    page[0x1f1:end] = header[0x1f1:end]
    page[0x210] = 0xff                                      # loader: undefined
    page[0x211] |= 1                                        # loaded high
    struct.pack_into("<II", page, 0x218, initrd_at, initrd_size)
    struct.pack_into("<I", page, 0x228, COMMAND_LINE)
    return bytes(page)


def write_disk(path, prepared, payload, command_line, memory):
    """Write the disk that boot.S boots; returns its number of cylinders."""
    def content(name):
        with open(os.path.join(prepared, name), "rb") as source:
            return source.read()

    header = content("header")
    entry, = struct.unpack_from("<Q", header)
    kernel = content("kernel")
    initrd = content("base.cpio") + payload
    initrd_at = ((memory - 2) << 20) - len(initrd) & ~0xfff
    room = struct.unpack_from("<I", header, 8 + 0x260)[0]   # init_size
    if initrd_at < KERNEL + room + (16 << 20):
        raise Problem(f"{len(initrd) >> 20} MiB of files do not fit in {memory} MiB of memory")
    text = command_line.encode() + b"\0"
    pieces = (
        (BOOT_PARAMS, boot_params(header[8:], initrd_at, len(initrd))),
        (COMMAND_LINE, text + bytes(-len(text) % SECTOR)),
        (KERNEL, kernel),
        (initrd_at, initrd))
    table = b""
    sector = 2
    for place, data in pieces:
        table += struct.pack("<III", place, sector, len(data) // SECTOR)
        sector += len(data) // SECTOR
    table += struct.pack("<III", entry, 0, 0)
    cylinders = sector // (16 * 63) + 1
    with open(path, "wb") as disk:
        disk.write(content("boot"))
        disk.write(table.ljust(SECTOR, b"\0"))
        for _, data in pieces:
            disk.write(data)
        disk.truncate(cylinders * 16 * 63 * SECTOR)
    return cylinders
