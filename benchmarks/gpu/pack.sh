#!/bin/bash
# Gathers in FOLDER (default .gpu-pack) what benchmarks/gpu/run.py needs on a machine with a GPU and
# no network, next to the checkout and PyTorch: wheels, shared libraries, sources and some pairs.
# usage: benchmarks/gpu/pack.sh [FOLDER]
# PYTHON_VERSION and PLATFORMS are of that machine. Real sources come from fetched/ if it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
pack=$(realpath -m "${1:-.gpu-pack}")
version=${PYTHON_VERSION:-3.12}
platforms=${PLATFORMS:-manylinux_2_28_x86_64 manylinux_2_27_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64 manylinux1_x86_64}
most=$((55 << 20)) # bytes; the checkout travels along

.ci/setup .venv
export PATH=$PWD/.venv/bin:$PATH PYTHONPATH=$PWD
mkdir -p "$pack"
rm -rf "$pack"/{wheels,libraries,libraries.tar.xz,pairs,drawn}
mkdir "$pack"/{wheels,libraries}

tags=(--implementation cp --python-version "$version")
for platform in $platforms; do tags+=(--platform "$platform"); done
python -m pip download --quiet --no-deps --only-binary=:all: "${tags[@]}" \
    -c constraints.txt -r benchmarks/gpu/requirements.txt -d "$pack/wheels"
# The project's wheel registers its tasks.
python -m pip wheel --quiet --no-deps --no-build-isolation -w "$pack/wheels" .

# What draws SVG and tables, and all that it links to but the C library.
for name in libcairo.so.2 libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; do
    found=$( (PATH=$PATH:/sbin:/usr/sbin ldconfig -p) | awk -v name=$name '$1 == name {print $NF; exit}')
    [[ -z $found ]] || { echo "$found" && ldd "$found" | awk '$2 == "=>" {print $3}'; }
done | sort -u | grep -vE '/(libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|libz)\.so' |
    xargs cp -Lt "$pack/libraries"
tar -C "$pack" -cJf "$pack/libraries.tar.xz" --remove-files libraries

if [[ ! -f $pack/sources.parquet ]]; then
    [[ -d fetched ]] || erm sources fetch -o fetched --raster-side 448
    python -m benchmarks.gpu.pairs --texts fetched "$pack/sources.parquet"
fi
# For a machine that can't draw.
python -m benchmarks.gpu.pairs "$pack/drawn" --size "${PAIRS:-packed}" --sources "$pack/sources.parquet"
for variety in compact wide; do
    mkdir -p "$pack/pairs/$variety"
    mv "$pack/drawn/$variety"/{data,set_aside.jsonl} "$pack/pairs/$variety"
done
rm -r "$pack/drawn"

bytes=$(du -sb "$pack" | cut -f1)
du -sh "$pack"/* "$pack"
if ((bytes > most)); then
    echo "$pack has $bytes bytes, more than $most: take fewer pairs (PAIRS=least) or wheels." >&2
    exit 1
fi
