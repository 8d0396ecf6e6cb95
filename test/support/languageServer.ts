import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"

const root = new URL("../../", import.meta.url)

const Incoming = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String])),
    method: Schema.optionalKey(Schema.String),
    params: Schema.optionalKey(Schema.Unknown),
    result: Schema.optionalKey(Schema.Unknown),
    error: Schema.optionalKey(Schema.Struct({ message: Schema.String }))
  })
)
const decodeIncoming = Schema.decodeSync(Incoming)

const decodeDiagnostics = Schema.decodeUnknownSync(
  Schema.Struct({ items: Schema.Array(Schema.Struct({ message: Schema.String })) })
)
const decodeCompletions = Schema.decodeUnknownSync(
  Schema.Struct({ items: Schema.Array(Schema.Struct({ label: Schema.String })) })
)
const decodeDefinition = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ range: Schema.Struct({ start: Schema.Struct({ line: Schema.Finite }) }) }))
)
const decodeHover = Schema.decodeUnknownSync(
  Schema.NullOr(Schema.Struct({ contents: Schema.Struct({ value: Schema.String }) }))
)

/** What an editor shows of a program of this repository. */
export interface Editor {
  /** What is wrong with it, but for names that are not used. */
  readonly diagnostics: (text: string) => Effect.Effect<ReadonlyArray<string>>
  /** What a hover at an offset in it shows. */
  readonly hover: (text: string, offset: number) => Effect.Effect<string>
  /** The line, from 1, of what stands at an offset in it. */
  readonly definition: (text: string, offset: number) => Effect.Effect<number | undefined>
  /** What is offered at an offset in it. */
  readonly complete: (text: string, offset: number) => Effect.Effect<ReadonlyArray<string>>
}

/** The compiler's language server, as editors run it while the scope is open. */
export const makeEditor = Effect.gen(function* () {
  const { ask, tell } = yield* connect
  yield* ask("initialize", { processId: process.pid, rootUri: root.href, capabilities: {} })
  yield* tell("initialized", {})
  // A file of the project, so that its settings are the program's.
  const uri = new URL("test/support/printedProgram.ts", root).href
  let version = 1
  yield* tell("textDocument/didOpen", { textDocument: { uri, languageId: "typescript", version, text: "" } })
  const write = (text: string) =>
    tell("textDocument/didChange", { textDocument: { uri, version: ++version }, contentChanges: [{ text }] })
  const askAt = (method: string, text: string, offset: number) => {
    const before = text.slice(0, offset).split("\n")
    const position = { line: before.length - 1, character: before.at(-1)!.length }
    return write(text).pipe(Effect.andThen(ask(method, { textDocument: { uri }, position })))
  }
  const editor: Editor = {
    diagnostics: (text) =>
      write(text).pipe(
        Effect.andThen(ask("textDocument/diagnostic", { textDocument: { uri } })),
        Effect.map((report) =>
          decodeDiagnostics(report)
            .items.map(({ message }) => message)
            .filter((message) => !/^'\w+' is declared but /.test(message))
        )
      ),
    hover: (text, offset) =>
      askAt("textDocument/hover", text, offset).pipe(Effect.map((hover) => decodeHover(hover)?.contents.value ?? "")),
    definition: (text, offset) =>
      askAt("textDocument/definition", text, offset).pipe(
        Effect.map((found) => decodeDefinition(found)),
        Effect.map(([first]) => (first === undefined ? undefined : first.range.start.line + 1))
      ),
    complete: (text, offset) =>
      askAt("textDocument/completion", text, offset).pipe(
        Effect.map((list) => decodeCompletions(list).items.map(({ label }) => label))
      )
  }
  return editor
})

const connect = Effect.acquireRelease(
  Effect.sync(() => {
    const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root))
    const server = spawn(process.execPath, [tsc, "--lsp", "--stdio"], { stdio: ["pipe", "pipe", "ignore"] })
    const waiting = new Map<unknown, { readonly done: (result: unknown) => void; readonly fail: (e: Error) => void }>()
    let id = 0

    const write = (message: object): void => {
      const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }))
      server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`)
      server.stdin.write(body)
    }

    const receive = (text: string): void => {
      const message = decodeIncoming(text)
      if (message.method !== undefined) {
        // What it asks must be answered before it answers.
        if (message.id !== undefined) write({ id: message.id, result: null })
        return
      }
      const asked = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error !== undefined) asked?.fail(new Error(message.error.message))
      else asked?.done(message.result)
    }

    let received = Buffer.alloc(0)
    server.stdout.on("data", (part: Buffer) => {
      received = Buffer.concat([received, part])
      for (;;) {
        const end = received.indexOf("\r\n\r\n")
        const length = Number(/Content-Length: (\d+)/i.exec(received.subarray(0, end).toString())?.[1])
        if (end < 0 || received.length < end + 4 + length) return
        const text = received.subarray(end + 4, end + 4 + length).toString()
        received = received.subarray(end + 4 + length)
        receive(text)
      }
    })

    return {
      server,
      ask: (method: string, params: object) =>
        Effect.promise(
          () =>
            new Promise<unknown>((done, fail) => {
              waiting.set(++id, { done, fail })
              write({ id, method, params })
            })
        ),
      tell: (method: string, params: object) => Effect.sync(() => write({ method, params }))
    }
  }),
  ({ server }) => Effect.sync(() => server.kill())
)
