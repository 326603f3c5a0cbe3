// `node --import` this file: every module that is loaded afterwards is written to the file named by RECORD_LOADS, one URL a line.
// The hooks run on a thread of their own, where this file is loaded a second time.

import { appendFileSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

/** Called by Node for each module, before it is evaluated. */
export async function load(url, context, nextLoad) {
  appendFileSync(process.env.RECORD_LOADS, `${url}\n`)
  return nextLoad(url, context)
}
