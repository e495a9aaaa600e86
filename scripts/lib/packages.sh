# SPDX-License-Identifier: GPL-3.0-or-later
# Debian 12 packages that building, testing and the demo need. Sourced by the scripts beside it.

packages_build="g++ cmake ninja-build pkg-config ccache libpoco-dev libpqxx-dev libsqlite3-dev
  libxapian-dev libgmime-3.0-dev libgumbo-dev libseccomp-dev libssl-dev libsodium-dev libzstd-dev
  libfmt-dev libexpected-dev libcli11-dev libgtest-dev prometheus-cpp-dev"
packages_demo="python3 openssl dovecot-imapd dovecot-pop3d exim4-daemon-light"
packages_postgres="postgresql-15"
packages_test="$packages_demo $packages_postgres chromium python3-jsonschema clang-format clang-tidy systemd strace git zstd isync notmuch"
packages_fuzz="clang"
packages_node="nodejs npm"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages LIST...: installs what is missing and nothing else. Servers come as programs only:
# a package's own service is neither started nor enabled by this.
install_packages() {
  local missing=() package
  for package in $*; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  echo "Installing: ${missing[*]}"
  as_root apt-get update -q
  local guard=/usr/sbin/policy-rc.d guarded=no
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
    as_root chmod 755 "$guard"
    guarded=yes
  fi
  local status=0
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" || status=$?
  [ "$guarded" = no ] || as_root rm -f "$guard"
  for package in "${missing[@]}"; do
    case $package in
      dovecot-imapd) disable_service dovecot ;;
      exim4-daemon-light) disable_service exim4 ;;
      postgresql-15) disable_service postgresql ;;
    esac
  done
  return "$status"
}

# Node.js for the tests of page and contract: Debian's, unless the machine has one from elsewhere, with which
# Debian's npm would not go together.
install_node() {
  command -v node >/dev/null && command -v npm >/dev/null || install_packages $packages_node
}

disable_service() {
  [ ! -d /run/systemd/system ] || as_root systemctl disable --quiet "$1" || true
}

# Compiling the same file again costs nothing, in another checkout too.
export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_NOHASHDIR=1
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}"
