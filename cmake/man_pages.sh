#!/bin/sh
# Man pages and completions from the program's own help texts: man_pages.sh PROGRAM VERSION FOLDER
set -eu
program=$1 version=$2 folder=$3
mkdir -p "$folder"
page() {  # NAME TITLE ARGUMENTS...
  name=$1 title=$2
  shift 2
  help2man --no-info --section=1 --version-string="$version" --name="$title" "$program${*:+ $*}" |
    sed "s#$(basename "$program") #assay #g" | unfilled_examples >"$folder/$name.1"
}
unfilled_examples() {  # each line of theirs is a line of the shell
  awk '/^\.SH/ { if (inside) print ".fi"; inside = 0 }
       { print }
       /^\.SH EXAMPLES?$/ { print ".nf"; inside = 1 }
       END { if (inside) print ".fi" }'
}
page assay "decides whether a low-precision kernel computes the right numbers"
for command in demo formats convert truth run check diff study completion; do
  page "assay-$command" "the command $command of assay" "$command"
done
for shell in bash zsh fish; do
  "$program" completion "$shell" >"$folder/completion.$shell"
done
