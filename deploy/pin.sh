#!/bin/sh
# Puts the digest behind the tag of each image in deploy/Dockerfile and deploy/compose.yml: a tag can be moved, a digest cannot.
# Needs docker with buildx and a way to the registry. Run again after changing a tag; look at the difference, then commit it.
set -eu
cd "$(dirname "$0")"
images=$(sed -n 's/^ARG PYTHON=//p; s/^ *image: \([^ ]*\)$/\1/p' Dockerfile compose.yml | sed 's/@.*//' | grep -v '^ombud:' | sort -u)
for image in $images; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    case $digest in sha256:????????????????????????????????????????????????????????????????) ;; *)
        echo "pin.sh: no digest of $image: $digest" >&2
        exit 1
    esac
    for file in Dockerfile compose.yml; do
        sed "s#^\(ARG PYTHON=\|  *image: \)$image\(@.*\)\{0,1\}\$#\1$image@$digest#" "$file" > "$file.new"
        cat "$file.new" > "$file"
        rm "$file.new"
    done
    echo "$image@$digest"
done
