#!/bin/sh
# sudo for a run behind a wall: runs the command as the user that asks for it. What it changes are the
# run's own files; what is the system's stays as it is, and the command says so.
shell=
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    -s|-i|--shell|--login) shell=1; shift ;;
    -[ughpCrtTUDR]|--user|--group|--host|--prompt|--chdir|--chroot) shift; [ $# -eq 0 ] || shift ;;
    -*) shift ;;
    *) break ;;
  esac
done
if [ $# -gt 0 ]; then exec env "$@"; fi
if [ -n "$shell" ]; then exec sh; fi
