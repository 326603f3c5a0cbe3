// The valibot schemas of our requests as JSON Schema, for the OpenAPI document: the few kinds that routes.ts uses, nothing else.
// A kind that it does not know is a fault of ours and throws.

import type * as v from 'valibot'

export type JsonSchema = Readonly<Record<string, unknown>>

/** What is looked at of a schema, whatever its kind. */
interface Looked {
  readonly type: string
  readonly entries?: Readonly<Record<string, Looked>>
  readonly options?: readonly unknown[]
  readonly wrapped?: Looked
  readonly item?: Looked
  readonly default?: unknown
  readonly pipe?: readonly (Looked & { readonly kind: string; readonly requirement?: unknown; readonly description?: string })[]
}

export function jsonSchemaOf(schema: v.GenericSchema): JsonSchema {
  return convert(schema as unknown as Looked)
}

function convert(schema: Looked): JsonSchema {
  const told = schema.pipe === undefined ? {} : pipeOf(schema.pipe)
  switch (schema.type) {
    case 'strict_object':
    case 'loose_object': {
      const entries = Object.entries(schema.entries ?? {})
      const required = entries.filter(([, { type }]) => type !== 'optional').map(([name]) => name)
      const properties = Object.fromEntries(entries.map(([name, entry]) => [name, convert(entry)]))
      return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: schema.type === 'loose_object' }
    }
    case 'array':
      return { type: 'array', items: convert(schema.item!), ...told }
    case 'optional':
      return { ...convert(schema.wrapped!), ...(schema.default === undefined ? {} : { default: schema.default }) }
    case 'nullable':
      return { anyOf: [convert(schema.wrapped!), { type: 'null' }] }
    case 'picklist':
      return { enum: schema.options, ...told }
    case 'string':
    case 'number':
    case 'boolean':
      return { type: schema.type, ...told }
    default:
      throw new Error(`no JSON Schema for ${schema.type}`)
  }
}

/** What the actions of a pipe add. A number that comes as text is a number to its reader. */
function pipeOf(pipe: NonNullable<Looked['pipe']>): JsonSchema {
  const told: Record<string, unknown> = {}
  for (const { type, requirement, description } of pipe) {
    if (type === 'integer') told['type'] = 'integer'
    else if (type === 'min_value') told['minimum'] = requirement
    else if (type === 'max_value') told['maximum'] = requirement
    else if (type === 'min_length') told['minLength'] = requirement
    else if (type === 'max_length') told['maxLength'] = requirement
    else if (type === 'description') told['description'] = description
  }
  return told
}
