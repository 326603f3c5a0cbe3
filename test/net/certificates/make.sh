#!/bin/sh
# Makes all certificates of this folder anew, valid from 2020 to 2119. For tests only: the keys are public.
# Needs openssl; the tests themselves do not. Run it inside this folder.
set -eu
from=20200101000000Z to=21191231235959Z
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/index"
echo 01 > "$work/serial"
echo 01 > "$work/crlnumber"
cat > "$work/ca.conf" <<EOF
[ca]
default_ca = this
[this]
database = $work/index
new_certs_dir = $work
serial = $work/serial
crlnumber = $work/crlnumber
default_md = sha256
default_crl_days = 34000
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
EOF

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
authority() { # file, name
  key "$2.key"
  openssl req -new -key "$2.key" -subj "/CN=$1" -out "$work/csr"
  openssl ca -batch -notext -config "$work/ca.conf" -selfsign -keyfile "$2.key" -extensions authority -startdate $from -enddate $to -in "$work/csr" -out "$2.crt"
}
certificate() { # common name, file, extensions, authority, end
  key "$2.key"
  openssl req -new -key "$2.key" -subj "/CN=$1" -out "$work/csr"
  openssl ca -batch -notext -config "$work/ca.conf" -keyfile "$4.key" -cert "$4.crt" -extensions "$3" -startdate $from -enddate "$5" -in "$work/csr" -out "$2.crt"
}

authority 'Zanzara test CA' ca
authority 'Zanzara other test CA' other-ca
certificate localhost server server ca $to
certificate localhost expired server ca 20210101000000Z
certificate alice client client ca $to
certificate alice other-client client other-ca $to
certificate bob revoked client ca $to
# everything that RFC 2253 writes differently: two values in one part, bytes beyond ASCII, a comma, a hash in front, a space at the end
key subject.key
openssl req -new -utf8 -multivalue-rdn -key subject.key -subj '/C=IT/O=Müller, Söhne/OU=Labor+CN=#carol "c" ' -out "$work/csr"
openssl ca -batch -notext -utf8 -config "$work/ca.conf" -preserveDN -keyfile ca.key -cert ca.crt -extensions client -startdate $from -enddate $to -in "$work/csr" -out subject.crt
openssl ca -config "$work/ca.conf" -keyfile ca.key -cert ca.crt -revoke revoked.crt
openssl ca -config "$work/ca.conf" -keyfile ca.key -cert ca.crt -gencrl -crl_lastupdate $from -crl_nextupdate $to -out ca.crl
openssl ca -config "$work/ca.conf" -keyfile other-ca.key -cert other-ca.crt -gencrl -crl_lastupdate $from -crl_nextupdate $to -out other-ca.crl
