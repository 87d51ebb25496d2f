"""Unpacks parts of wheels: unpack-wheels.py TARGET PREFIX[:PREFIX...] WHEEL... (a wheel is a zip file)."""

import os
import shutil
import sys
import zipfile

target, prefixes, wheels = sys.argv[1], tuple(sys.argv[2].split(":")), sys.argv[3:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir() or not member.filename.startswith(prefixes):
                continue
            path = os.path.normpath(os.path.join(target, member.filename))
            if not path.startswith(os.path.join(target, "")):
                sys.exit(f"{wheel}: {member.filename} would lie outside")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            if (member.external_attr >> 16) & 0o111 or "/scripts/" in member.filename:
                os.chmod(path, 0o755)
    os.remove(wheel)
