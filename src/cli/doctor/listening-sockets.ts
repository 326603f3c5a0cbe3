// Who listens on which TCP port of this machine, from /proc: addresses, and the program behind each as far as we may see it.
// Linux only; elsewhere the list is null and a connection must tell.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'

export interface ListeningSocket {
  readonly address: string
  readonly port: number
  /** Null when it belongs to another user and we are not root. */
  readonly process: ListeningProcess | null
}

export interface ListeningProcess {
  readonly pid: number
  readonly name: string
  /** What it was started with as -c or --config-file, from the folder that it runs in; null = nothing. */
  readonly configFile: string | null
}

/** Sockets that listen on this port; null where /proc does not tell. */
export function listeningOn(port: number, proc = '/proc'): ListeningSocket[] | null {
  const sockets = [...(tableOf(`${proc}/net/tcp`, 4) ?? []), ...(tableOf(`${proc}/net/tcp6`, 16) ?? [])].filter((socket) => socket.port === port)
  if (sockets.length === 0) return tableOf(`${proc}/net/tcp`, 4) === null ? null : []
  const owners = ownersOf(new Set(sockets.map(({ inode }) => inode)), proc)
  return sockets.map(({ address, inode }) => ({ address, port, process: owners.get(inode) ?? null }))
}

/** How many files a process may open; null when that cannot be seen. */
export function openFilesLimit(pid: number | 'self', proc = '/proc'): number | null {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(contents(`${proc}/${pid}/limits`) ?? '') ?? []
  return soft === undefined ? null : soft === 'unlimited' ? Infinity : Number(soft)
}

interface Row {
  readonly address: string
  readonly port: number
  readonly inode: string
}

/** Listening rows of /proc/net/tcp: state 0A. */
function tableOf(path: string, bytes: 4 | 16): Row[] | null {
  const text = contents(path)
  if (text === null) return null
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const [address = '', port = ''] = local.split(':')
    return state === '0A' && address.length === bytes * 2 ? [{ address: readAddress(address), port: Number.parseInt(port, 16), inode }] : []
  })
}

/** Hexadecimal words of 32 bits, each in the order of a little-endian machine. */
function readAddress(text: string): string {
  const words = text.match(/.{8}/g)!.map((word) => Buffer.from(word, 'hex').reverse())
  const bytes = Buffer.concat(words)
  if (bytes.length === 4) return bytes.join('.')
  const groups = bytes.toString('hex').match(/.{4}/g)!.join(':')
  return new URL(`http://[${groups}]`).hostname.slice(1, -1)
}

function ownersOf(inodes: ReadonlySet<string>, proc: string): Map<string, ListeningProcess> {
  const owners = new Map<string, ListeningProcess>()
  for (const entry of list(proc)) {
    if (!/^\d+$/.test(entry) || owners.size === inodes.size) continue
    for (const file of list(`${proc}/${entry}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`${proc}/${entry}/fd/${file}`)) ?? []
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, processOf(entry, proc))
    }
  }
  return owners
}

/** Named as people know it: for Node by the script that it runs. */
function processOf(pid: string, proc: string): ListeningProcess {
  const words = (contents(`${proc}/${pid}/cmdline`) ?? '').split('\0').filter((word) => word !== '')
  const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
  const program = base(words[0] ?? '')
  const script = words.slice(1).find((word) => !word.startsWith('-'))
  const flag = words.findIndex((word) => word === '-c' || word === '--config-file')
  const given = flag < 0 ? undefined : words[flag + 1]
  const configFile = given === undefined ? null : resolve(linkOf(`${proc}/${pid}/cwd`), given)
  const known = program === '' ? (contents(`${proc}/${pid}/comm`) ?? '').trim() : program
  const name = /^node(?:js)?$/.test(program) && script !== undefined ? base(script).replace(/\.[cm]?js$/, '') : known
  return { pid: Number(pid), name, configFile }
}

function contents(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // closed to us, or gone since
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return [] // closed to us, or gone since
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
