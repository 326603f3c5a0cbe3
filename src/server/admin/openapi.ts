// The OpenAPI 3.1 document of /admin/v1, made of the table of routes and the shapes of their answers.
// What is not in that table, the login and the two WebSockets, is written down here.

import { SHAPES, schemaOfShape } from './api-shapes.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { ROUTES, type Route } from './routes.ts'

type Json = Readonly<Record<string, unknown>>

const ERRORS: Json = Object.fromEntries(
  Object.entries({
    400: 'The request is not as described.',
    401: 'A login is needed.',
    403: 'The role, the origin or the host does not allow it.',
    404: 'There is no such thing.',
    429: 'Too many failed logins.',
  }).map(([status, description]) => [status, { description, content: json({ $ref: '#/components/schemas/ErrorAnswer' }) }]),
)

const SESSION = answered('SessionAnswer', 'Who is asking.')
const LOGIN: JsonSchema = { type: 'object', properties: { token: { type: 'string' } }, required: ['token'], additionalProperties: false }

export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {
    '/session': { get: { summary: 'Who is asking, and as what.', responses: SESSION } },
    '/login': {
      post: { summary: 'Logs in by a token; sets a cookie.', requestBody: { required: true, content: json(LOGIN) }, responses: { ...SESSION, ...ERRORS } },
    },
    '/logout': { post: { summary: 'Ends the login.', responses: SESSION } },
    '/stream': {
      get: {
        summary: 'WebSocket: what passes the broker. Binary messages are consecutive pcapng bytes, text messages say what was skipped.',
        'x-role': 'operator',
        parameters: [{ name: 'from', in: 'query', schema: { enum: ['oldest', 'now'], default: 'oldest' } }],
        responses: { 101: { description: 'The stream begins.' }, ...ERRORS },
      },
    },
    '/log/stream': {
      get: {
        summary: 'WebSocket: the log. Text messages are arrays of LogLine, the first one what is remembered.',
        'x-role': 'viewer',
        parameters: [{ name: 'level', in: 'query', schema: { enum: ['error', 'warning', 'notice', 'information', 'debug'], default: 'information' } }],
        responses: { 101: { description: 'The stream begins.' }, ...ERRORS },
      },
    },
  }
  for (const route of ROUTES) paths[`/${route.path}`] = { ...paths[`/${route.path}`], [route.method]: operation(route) }
  return {
    openapi: '3.1.0',
    info: { title: 'Zanzara: looking into the broker', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/admin/v1' }],
    security: [{ cookie: [] }, { bearer: [] }, {}],
    paths,
    components: {
      securitySchemes: { cookie: { type: 'apiKey', in: 'cookie', name: 'zanzara-console' }, bearer: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, schemaOfShape(shape)])),
    },
  }
}

function operation({ method, summary, role, input, answer }: Route): Json {
  const schema = jsonSchemaOf(input)
  const told = method === 'get' ? { parameters: parametersOf(schema) } : { requestBody: { required: true, content: json(schema) } }
  return { summary, 'x-role': role, ...told, responses: { ...answered(answer, 'Done.'), ...ERRORS } }
}

function parametersOf(schema: JsonSchema): Json[] {
  const { properties, required = [] } = schema as { properties: Json; required?: readonly string[] }
  return Object.entries(properties).map(([name, each]) => ({ name, in: 'query', required: required.includes(name), schema: each }))
}

function answered(shape: string, description: string): Json {
  return { 200: { description, content: json({ $ref: `#/components/schemas/${shape}` }) } }
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}
