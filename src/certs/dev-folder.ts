// Where the development certificates of this user lie: one folder for `certs dev`, the broker's `--tls dev` and the clients' `--tls dev`.
// Names of files only: what is in them is dev-certificates.ts' affair. Loads no cryptography, so that clients start fast.

import { join } from 'node:path'

/** The folder holds what we did not make, or cannot be used. The message says what to do. */
export class DevCertificatesError extends Error {
  override readonly name = 'DevCertificatesError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** `zanzara` below the user's data folder: XDG_DATA_HOME, LOCALAPPDATA on Windows, else ~/.local/share. Null when the environment names no home. */
export function devFolder(env: Environment): string | null {
  const { XDG_DATA_HOME: data, LOCALAPPDATA: local, HOME: home } = env
  if (data !== undefined && data !== '') return join(data, 'zanzara', 'certs')
  if (local !== undefined && local !== '') return join(local, 'zanzara', 'certs')
  return home === undefined || home === '' ? null : join(home, '.local', 'share', 'zanzara', 'certs')
}

/** The authority that the clients' `--tls dev` trusts. */
export function devAuthorityFile(env: Environment): string | null {
  const folder = devFolder(env)
  return folder === null ? null : join(folder, 'ca.crt')
}
