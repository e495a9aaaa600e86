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
# Mail servers that exclude each other when installed; the tests run them from where they are unpacked.
packages_servers="cyrus-common cyrus-imapd cyrus-pop3d courier-base courier-imap courier-pop courier-authlib
  sasl2-bin libsasl2-2 libsasl2-modules libsasl2-modules-db libical3 libjansson4 libpcre3 libwrap0 libnsl2 libtirpc3
  libldap-2.5-0 libidn12 libgdbm6 libcourier-unicode4 libgamin0"
# tests/support/servers.py looks there too. As root the servers run as the user "mail", who cannot enter root's home.
if [ "$(id -u)" = 0 ]; then servers_directory=/var/cache/mailkeep-servers-1
else servers_directory="${XDG_CACHE_HOME:-$HOME/.cache}/mailkeep-servers-1"; fi

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

# extract_packages DIRECTORY LIST...: unpacks packages there without installing them; once, as DIRECTORY appears
# when all is in it. Change the number in servers_directory with the list.
extract_packages() {
  local directory=$1 work
  shift
  [ ! -d "$directory" ] || return 0
  echo "Unpacking: $*"
  mkdir -p "$(dirname "$directory")"
  work=$(mktemp -d "$directory.XXXXXX")
  chmod 755 "$work"
  (
    set -e
    mkdir "$work/packages" "$work/root"
    cd "$work/packages"
    apt-get download -q $* >/dev/null 2>&1 || { as_root apt-get update -q && apt-get download -q $*; }
    for package in *.deb; do dpkg -x "$package" "$work/root"; done
    mv -T "$work/root" "$directory"
  ) || { rm -rf "$work"; return 1; }
  rm -rf "$work"
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
