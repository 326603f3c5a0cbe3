// `tls: 'dev'`: a listener with this user's development certificates, which are made at the first use, as `zanzara broker --tls dev` does.
// Loaded when a listener asks for it.

import { readFileSync } from 'node:fs'
import { ensureDevCertificates } from '../../certs/dev-certificates.ts'
import { DevCertificatesError, devFolder } from '../../certs/dev-folder.ts'
import { ownHosts } from '../../certs/host-names.ts'

export interface DevTls {
  readonly cert: Buffer
  readonly key: Buffer
  /** PEM of the authority that clients must trust. */
  readonly authority: string
}

/** @throws DevCertificatesError */
export async function loadDevTls(): Promise<DevTls> {
  const folder = devFolder(process.env)
  if (folder === null) throw new DevCertificatesError("tls: 'dev' needs a home for its certificates: set HOME or XDG_DATA_HOME.")
  const { ca, server } = await ensureDevCertificates(folder, { hosts: ownHosts(), days: null, now: Date.now() })
  return { cert: readFileSync(server.certificateFile), key: readFileSync(server.keyFile), authority: readFileSync(ca.certificateFile, 'utf8') }
}
