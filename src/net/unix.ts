// Unix sockets: the links of tcp.ts behind a file.
// A file left behind by a dead process is taken over, a live one is not.

import { chmod, lstat, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import type { Accept } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import { BoundServer, bind } from './bound-server.ts'
import { ConnectionBook } from './connection-book.ts'
import { proxyRules } from './entrance.ts'
import type { Listener, ListenerOptions, PreparedListener } from './listener.ts'
import type { NetContext } from './net-context.ts'
import { createSocketServer } from './tcp.ts'

/** Its `listen` throws the system's error; EADDRINUSE when somebody listens on the file, or when it is not a socket. @throws UsageError without a path */
export function prepareUnix(context: NetContext, options: ListenerOptions, accept: Accept): PreparedListener {
  const { path } = options
  if (!path) throw new UsageError('a unix listener needs the path of its socket file: give `path`')
  return { listen: () => listenOn(path, context, options, accept) }
}

async function listenOn(path: string, context: NetContext, options: ListenerOptions, accept: Accept): Promise<Listener> {
  const book = new ConnectionBook(options.maximumConnections ?? null, context.connections)
  const start = async (): Promise<Server> => {
    const server = createSocketServer(context, 'unix', book, accept, proxyRules(options))
    await bind(context, server, { path })
    return server
  }
  const server = await start().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || !(await isStale(path))) throw error
    await unlink(path)
    return await start()
  })
  if (typeof options.mode === 'number') {
    try {
      await chmod(path, options.mode)
    } catch (error) {
      server.close()
      throw error
    }
  }
  return new BoundServer(server, book, null)
}

/** True for a socket file that nobody listens on. */
async function isStale(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSocket()) return false
  } catch {
    return false // gone, or not ours to see: the first error says enough
  }
  return await new Promise((resolve) => {
    const probe = connect({ path })
    probe.on('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
