// Requests of `$CONTROL/…`: several commands in one message, answered in their order in one message.
// What a command does is said by whoever takes it: the commands of dynamic security, or those of the broker.

import { isUtf8 } from 'node:buffer'
import { isObject, type JsonObject, member } from './members.ts'

/** A refusal, or what the command has to say; null = nothing but that it was done. */
export type Answer = { readonly error: string } | { readonly data: JsonObject | null }

export const DONE: Answer = { data: null }
export const UNKNOWN_COMMAND: Answer = { error: 'Unknown command' }

export function refusal(error: string): Answer {
  return { error }
}

/** The text of the response to a message with commands; `run` is asked for one after the other. */
export async function respond(payload: Uint8Array, run: (command: string, request: JsonObject) => Answer | Promise<Answer>): Promise<string> {
  const responses: JsonObject[] = []
  for (const request of requestsOf(payload)) {
    if (typeof request === 'string') {
      responses.push({ command: 'Unknown command', error: request })
      continue
    }
    const command = member(request, 'command')
    const correlationData = member(request, 'correlationData')
    if (typeof command !== 'string') responses.push({ command: 'Unknown command', error: 'Missing command' })
    else if (correlationData !== undefined && typeof correlationData !== 'string') responses.push({ command, error: 'Invalid correlationData data type.' })
    else {
      const answer = await run(command, request)
      const said = 'error' in answer ? { error: answer.error } : answer.data === null ? {} : { data: answer.data }
      responses.push({ command, ...said, ...(correlationData === undefined ? {} : { correlationData }) })
    }
  }
  return JSON.stringify({ responses })
}

/** Commands, or in their place why there is none. */
function requestsOf(payload: Uint8Array): readonly (JsonObject | string)[] {
  let content: unknown
  try {
    content = isUtf8(payload) ? JSON.parse(Buffer.from(payload).toString()) : undefined
  } catch {
    content = undefined
  }
  if (content === undefined) return ['Payload not valid JSON']
  const commands = isObject(content) ? member(content, 'commands') : undefined
  if (!Array.isArray(commands)) return ['Invalid/missing commands']
  return commands.map((command: unknown) => (isObject(command) ? command : 'Command not an object'))
}
