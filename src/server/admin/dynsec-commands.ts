// Dynamic security by the API: the commands of its control topic, for administrators who are no clients of the broker.
// What a command does is auth/dynsec/'s affair, and so is the line that each leaves in the log.

import { DYNSEC_TOPIC } from '../../auth/dynsec/dynamic-security.ts'
import type { ControlHandler } from '../../broker/ports.ts'
import type { OpenListener } from '../open-listeners.ts'
import { ApiError } from './api-error.ts'
import type { DynsecAnswer } from './api-types.ts'

/** Who asks, in the log of dynamic security. */
const WHO = 'console'

export interface DynsecQuestion {
  readonly commands: readonly { readonly command: string }[]
  /** Whose dynamic security; absent = that of the first listener which has one. */
  readonly listenerPort?: number | undefined
}

/** Null where dynamic security is not in force. */
export function dynsecOf({ rules }: OpenListener): ControlHandler | null {
  const handler = rules.controls?.get(DYNSEC_TOPIC) ?? null
  return handler?.execute === undefined ? null : handler
}

/** @throws ApiError 404 */
export async function dynsecAnswer(listeners: readonly OpenListener[], { commands, listenerPort }: DynsecQuestion): Promise<DynsecAnswer> {
  const meant = listeners.filter(({ port }) => listenerPort === undefined || port === listenerPort)
  const handler = meant.map(dynsecOf).find((found) => found !== null)
  if (handler?.execute === undefined) throw new ApiError(404, 'Dynamic security is not in force there.')
  const text = await handler.execute(WHO, Buffer.from(JSON.stringify({ commands })))
  const { responses } = JSON.parse(text) as { responses: readonly { command: string; error?: string; data?: Readonly<Record<string, unknown>> }[] }
  return { responses: responses.map(({ command, error = null, data = null }) => ({ command, error, data })) }
}
