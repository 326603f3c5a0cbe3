// A refusal of the API: a status and a sentence for who asked.
// Thrown by handlers, answered in one place (admin-app.ts).

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: 400 | 401 | 403 | 404 | 429 | 503

  constructor(status: ApiError['status'], message: string) {
    super(message)
    this.status = status
  }
}
