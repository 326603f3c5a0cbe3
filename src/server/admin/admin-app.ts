// The HTTP side of the console: who may ask, the table of routes, metrics, health, and the console's own files. A hono app.
// WebSockets and the broker around it are admin-server.ts'; it can be asked without sockets, which tests do.

import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as v from 'valibot'
import { escapeControls } from '../log-destinations.ts'
import { type AdminGate, credentialsFrom, TOO_OFTEN } from './admin-gate.ts'
import type { AdminSource } from './admin-source.ts'
import { ApiError } from './api-error.ts'
import type { ErrorAnswer, MqttLogin, Role, SessionAnswer } from './api-types.ts'
import { CONSOLE_POLICY, type ConsoleFiles } from './console-files.ts'
import { COOKIE, type Credentials, type Identity } from './logins.ts'
import { metricsText, OPEN_METRICS, PLAIN_METRICS } from './metrics.ts'
import { openApiDocument } from './openapi.ts'
import { ROUTES, type Route } from './routes.ts'

/** Bytes of a request's body. */
const LARGEST_BODY = 256 << 10
const API = '/admin/v1'

const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': CONSOLE_POLICY,
}

/** What the server knows of a request beside what it says. */
export interface RequestFacts {
  /** IP address of who asks. */
  readonly address: string
  /** Came by TLS that ends here. */
  readonly isSecure: boolean
}

type Env = { Bindings: RequestFacts }

export interface AdminAppOptions {
  readonly source: () => AdminSource | null
  readonly gate: AdminGate
  readonly files: ConsoleFiles
  /** For the page's own connection; null = it needs none, or whoever uses it must know one. */
  readonly mqttLogin: MqttLogin | null
  /** The broker is about to stop. */
  readonly isStopping: () => boolean
}

export class AdminApp {
  readonly hono: Hono<Env> = new Hono<Env>()
  readonly #options: AdminAppOptions

  constructor(options: AdminAppOptions) {
    this.#options = options
    const { hono } = this
    hono.onError((error, context) => this.#failed(error, context))
    hono.notFound((context) => this.#file(context))
    hono.use('*', async (context, next) => {
      const { pathname } = new URL(context.req.url)
      if (pathname !== '/health' && pathname !== '/ready') this.#checkOrigin(context, pathname)
      await next()
      for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value)
      if (!context.res.headers.has('Cache-Control')) context.res.headers.set('Cache-Control', 'no-store')
    })
    hono.get('/health', (context) => context.json({ status: 'ok' }))
    hono.get('/ready', (context) => {
      const source = options.source()
      const isReady = source !== null && !options.isStopping() && !source.broker.isFull
      return context.json({ status: isReady ? 'ready' : source?.broker.isFull === true ? 'memory_limit is reached' : 'not listening' }, isReady ? 200 : 503)
    })
    hono.get('/metrics', (context) => this.#metrics(context))
    hono.use(`${API}/*`, bodyLimit({ maxSize: LARGEST_BODY, onError: () => this.#refused(400, 'The request is too long.') }))
    hono.get(`${API}/session`, (context) => context.json(this.#session(context)))
    hono.post(`${API}/login`, (context) => this.#logIn(context))
    hono.post(`${API}/logout`, (context) => this.#logOut(context))
    hono.get(`${API}/openapi.json`, (context) => {
      this.#identify(context, 'viewer')
      return context.json(openApiDocument(this.#source.version))
    })
    for (const route of ROUTES) hono.on(route.method.toUpperCase(), `${API}/${route.path}`, (context) => this.#answer(route, context))
  }

  #checkOrigin({ req }: Context<Env>, pathname: string): void {
    const { headers } = req.raw
    this.#options.gate.checkOrigin({
      method: req.method,
      host: headers.get('host'),
      origin: headers.get('origin'),
      fetchSite: headers.get('sec-fetch-site'),
      isNavigation: headers.get('sec-fetch-mode') === 'navigate' && !pathname.startsWith('/admin/'),
      isWebSocket: false,
    })
  }

  #identify(context: Context<Env>, role: Role): Identity {
    return this.#options.gate.identify(credentialsOf(context), role)
  }

  get #source(): AdminSource {
    const source = this.#options.source()
    if (source === null) throw new ApiError(503, 'The broker is not listening yet.')
    return source
  }

  #session(context: Context<Env>): SessionAnswer {
    const { logins } = this.#options.gate
    const credentials = credentialsOf(context)
    const identity = logins.identify(credentials)
    const role = identity === null || identity === 'too-often' ? null : identity.role
    return { role, isLocal: logins.isLocal(credentials), isLoggedIn: logins.hasLogin(credentials.cookie), mqttLogin: this.#mqttLoginFor(role) }
  }

  /** An administrator could read it in the stream anyway. */
  #mqttLoginFor(role: Role | null): MqttLogin | null {
    return role === 'admin' ? this.#options.mqttLogin : null
  }

  async #logIn(context: Context<Env>): Promise<Response> {
    const { logins } = this.#options.gate
    const { address, isSecure } = context.env
    const { token } = await bodyOf(context, v.strictObject({ token: v.pipe(v.string(), v.maxLength(1000)) }))
    const login = logins.logIn(token, address)
    if (login === 'too-often') throw new ApiError(429, TOO_OFTEN)
    if (login === null) {
      this.#source.log.write('warning', `Console: a login from ${address} was refused: wrong token.`, { address })
      throw new ApiError(401, 'This token is not known.')
    }
    this.#source.log.write('notice', `Console: ${login.role} logged in from ${address}.`, { address })
    setCookie(context, COOKIE, login.cookie, { httpOnly: true, sameSite: 'Strict', path: '/', secure: isSecure })
    const { role } = login
    return context.json({
      role,
      isLocal: logins.isLocal(credentialsOf(context)),
      isLoggedIn: true,
      mqttLogin: this.#mqttLoginFor(role),
    } satisfies SessionAnswer)
  }

  #logOut(context: Context<Env>): Response {
    const cookie = getCookie(context, COOKIE)
    if (cookie !== undefined) this.#options.gate.logins.logOut(cookie)
    deleteCookie(context, COOKIE, { path: '/' })
    return context.json({ ...this.#session(context), isLoggedIn: false })
  }

  async #answer(route: Route, context: Context<Env>): Promise<Response> {
    const { name } = this.#identify(context, route.role)
    const input = route.method === 'get' ? checked(route.input, queryOf(context)) : await bodyOf(context, route.input)
    const source = this.#source
    const audit = (line: string): void => source.log.write('notice', `Console: ${name} ${escapeControls(line)}.`, { address: context.env.address })
    return context.json((await route.handle({ source, input, audit })) as object)
  }

  #metrics(context: Context<Env>): Response {
    this.#identify(context, 'viewer')
    const { startedAt, history, turns, ...source } = this.#source
    const isOpen = (context.req.header('accept') ?? '').includes('application/openmetrics-text')
    const latest = (name: string): number => history.latest(name)
    const text = metricsText({ ...source, startedAt: startedAt / 1000, latest, turns: () => turns.totals() }, isOpen)
    return context.body(text, 200, { 'Content-Type': isOpen ? OPEN_METRICS : PLAIN_METRICS })
  }

  /** What is no route: a file of the console. */
  #file(context: Context<Env>): Response {
    const { method } = context.req
    const { pathname } = new URL(context.req.url)
    const isApi = pathname.startsWith('/admin/')
    if (method !== 'GET' && method !== 'HEAD') return this.#refused(404, 'Nothing is done here by this method.')
    const answer = isApi ? null : this.#options.files.answer(pathname, context.req.raw.headers)
    if (answer === null) return this.#refused(404, 'Nothing is here.')
    return new Response(method === 'HEAD' ? null : (answer.body as Uint8Array<ArrayBuffer> | null), { status: answer.status, headers: answer.headers })
  }

  #failed(error: Error, context: Context<Env>): Response {
    if (error instanceof ApiError) {
      const { address } = context.env
      if (error.status === 403) this.#options.source()?.log.write('notice', `Console: refused a request from ${address}: ${error.message}`, { address })
      return this.#refused(error.status, error.message)
    }
    this.#options.source()?.log.write('error', `Error: the console could not answer ${context.req.method} ${context.req.path}: ${error.message}`)
    return this.#refused(500, 'Something is wrong in the broker; its log says more.')
  }

  #refused(status: number, sentence: string): Response {
    return Response.json({ error: sentence } satisfies ErrorAnswer, { status, headers: { ...HEADERS, 'Cache-Control': 'no-store' } })
  }
}

function credentialsOf({ env, req }: Context<Env>): Credentials {
  return credentialsFrom(env.address, req.raw.headers)
}

/** Each name once; of several the first. */
function queryOf({ req }: Context<Env>): unknown {
  return req.query()
}

/** JSON only: a form of another page cannot send that. @throws ApiError 400 */
async function bodyOf<S extends v.GenericSchema>({ req }: Context<Env>, schema: S): Promise<v.InferOutput<S>> {
  if (!/^application\/json\b/i.test(req.header('content-type') ?? '')) throw new ApiError(400, 'Send JSON, with the content type application/json.')
  let body: unknown
  try {
    body = await req.json()
  } catch {
    throw new ApiError(400, 'The body is not JSON.')
  }
  return checked(schema, body)
}

function checked<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  const path = v.getDotPath(issue)
  throw new ApiError(400, path === null ? issue.message : `${path}: ${issue.message}`)
}
