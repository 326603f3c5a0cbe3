// `node --import` this file: every module that is loaded afterwards is written to the file named by RECORD_LOADS, one URL a line.
// Where Node has no hooks in the thread itself they run on one of their own, where this file is loaded a second time.

import { appendFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { isMainThread } from 'node:worker_threads'

const { register, registerHooks } = nodeModule
if (isMainThread) {
  if (typeof registerHooks === 'function') registerHooks({ load })
  else register(import.meta.url)
}

/** Called by Node for each module, before it is evaluated. */
export function load(url, context, nextLoad) {
  appendFileSync(process.env.RECORD_LOADS, `${url}\n`)
  return nextLoad(url, context)
}
