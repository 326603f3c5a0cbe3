// The machine around the broker: its clock, how many files it may open, IPv6, firewalls that can be known of.
// Says nothing about what it cannot see.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { ListenerView } from './configuration-view.ts'
import type { Findings } from './findings.ts'
import { openFilesLimit } from './listening-sockets.ts'

/** Below this a broker soon has no room for another connection. */
const FEW_FILES = 4096

/** `broker` is the process that runs already; null = none seen. `now` in milliseconds since 1970. */
export function checkSystem(broker: number | null, now: number, findings: Findings): void {
  const written = statSync(process.argv[1] ?? process.execPath, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (now < written - 86_400_000)
    findings.broken(
      'system',
      `the clock says ${stamp(now)}, but this program was written on ${stamp(written)}: with a wrong clock certificates do not hold`,
      'sudo timedatectl set-ntp true',
    )
  const limit = openFilesLimit(broker ?? 'self')
  if (limit !== null && limit < FEW_FILES) {
    const whose = broker === null ? 'a program started here' : `the broker (process ${broker})`
    findings.look(
      'system',
      `${whose} may open ${limit} files, so fewer than ${limit} clients can be connected`,
      'ulimit -n 65536',
      'LimitNOFILE=65536   (in its systemd unit)',
    )
  }
}

/** Whether ::1 is an address of this machine. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1') === true)
}

/** Firewalls that say of themselves that they are on. Their rules are root's alone to read. */
export function checkFirewall(listeners: readonly ListenerView[], findings: Findings): void {
  const ports = listeners.filter(({ host, unixPath }) => unixPath === null && !isLoopback(host)).map(({ port }) => port)
  if (ports.length === 0) return
  const open = (line: (port: number) => string): string[] => ports.map(line)
  if (/^ENABLED=yes/m.test(contents('/etc/ufw/ufw.conf')))
    findings.look('network', 'the firewall ufw is on; other machines get through only if it lets them', ...open((port) => `sudo ufw allow ${port}/tcp`))
  if (existsSync('/sys/fs/cgroup/system.slice/firewalld.service'))
    findings.look(
      'network',
      'the firewall firewalld is on; other machines get through only if it lets them',
      ...open((port) => `sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`),
    )
}

/** Addresses that only this machine reaches. */
export function isLoopback(host: string | null): boolean {
  return host !== null && (host === 'loopback' || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host))
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function stamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')
}
