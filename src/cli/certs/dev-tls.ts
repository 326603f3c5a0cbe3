// `--tls dev` of the broker: a TLS listener with this user's development certificates, which are made at the first use.
// The clients' `--tls dev` trusts the authority in the same folder (dev-folder.ts).

import { readFileSync } from 'node:fs'
import { ensureDevCertificates } from '../../certs/dev-certificates.ts'
import { DevCertificatesError, devFolder } from '../../certs/dev-folder.ts'
import { ownHosts } from '../../certs/host-names.ts'
import type { ReadyListener } from '../../server/open-listeners.ts'

export interface DevTls {
  readonly listener: ReadyListener
  /** What clients are given with --cafile. */
  readonly authorityFile: string
  /** A line for the log when files were written; null when all were there. */
  readonly note: string | null
}

/** `where` says port and address, as in `BrokerListener`. @throws DevCertificatesError */
export async function devTls(
  env: Readonly<Record<string, string | undefined>>,
  where: { readonly port: number; readonly host?: string | null },
): Promise<DevTls> {
  const folder = devFolder(env)
  if (folder === null) throw new DevCertificatesError('--tls dev needs a home for its certificates: set HOME or XDG_DATA_HOME.')
  const { ca, server, client } = await ensureDevCertificates(folder, { hosts: ownHosts(), days: null, now: Date.now() })
  const written = [ca, server, client].filter(({ action }) => action !== 'kept').map(({ name }) => `${name}.crt`)
  return {
    listener: { transport: 'tls', ...where, tls: { cert: readFileSync(server.certificateFile), key: readFileSync(server.keyFile) } },
    authorityFile: ca.certificateFile,
    note: written.length === 0 ? null : `Development certificates written to ${folder}: ${written.join(', ')}.`,
  }
}
