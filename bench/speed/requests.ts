/**
 * What a request costs by itself, four at a time, of a batch of 20 messages: `npm run requests`. Each way in a process of
 * its own, in turn, 5 rounds; medians of processor time in microseconds.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, type Layer, ManagedRuntime, Stream } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Pool } from "undici"
import { nextMessage, startProcess } from "../processes.ts"
import { median } from "./statistics.ts"

const requests = 20_000
const warmUp = 2000
const rounds = 5

const body = JSON.stringify({
  batch: Array.from({ length: 20 }, (_, n) => ({ messageId: `${n}`, x: "x".repeat(680) }))
})
const bytes = new TextEncoder().encode(body)
const headers = { authorization: "Basic a2V5Og==", "content-type": "application/json" }

/** Sends so many requests. */
type Send = (count: number) => Promise<void>

const four = [1, 2, 3, 4]

const byPromises =
  (send: () => Promise<unknown>): Send =>
  async (count) => {
    let left = count
    await Promise.all(
      four.map(async () => {
        while (left-- > 0) await send()
      })
    )
  }

type Response = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const byCallbacks =
  (send: (onEnd: () => void, onError: (error: Error) => void) => void): Send =>
  (count) =>
    new Promise((resolve, reject) => {
      let left = count
      let running = four.length
      const next = (): void => {
        if (left-- > 0) send(next, reject)
        else if (--running === 0) resolve()
      }
      for (const _ of four) next()
    })

const poolOf = (endpoint: string) => new Pool(endpoint, { connections: four.length })

const byPool = (endpoint: string, body: string | Uint8Array): Send => {
  const pool = poolOf(endpoint)
  return byPromises(async () => {
    const response = await pool.request({ method: "POST", path: "/v1/batch", headers, body })
    await response.body.dump()
  })
}

/** Of an `HttpClient` that lives as long as the process. */
const byEffects = async (
  endpoint: string,
  layer: Layer.Layer<HttpClient.HttpClient>,
  read: (response: Response) => Effect.Effect<unknown, HttpClientError.HttpClientError>
): Promise<Send> => {
  const runtime = ManagedRuntime.make(layer)
  const client = await runtime.runPromise(HttpClient.HttpClient)
  const request = HttpClientRequest.post(`${endpoint}/v1/batch`).pipe(HttpClientRequest.setHeaders(headers))
  return async (count) => {
    let left = count
    const loop = Effect.whileLoop({
      while: () => left-- > 0,
      body: () => read(client.execute(HttpClientRequest.bodyUint8Array(request, bytes, "application/json"))),
      step: () => {}
    })
    await runtime.runPromise(
      Effect.all(
        four.map(() => loop),
        { concurrency: "unbounded", discard: true }
      ).pipe(Effect.provideService(HttpClient.TracerDisabledWhen, () => true))
    )
  }
}

const whole = (response: Response) => Effect.flatMap(response, ({ arrayBuffer }) => arrayBuffer)

const streamed = (response: Response) => Effect.flatMap(response, ({ stream }) => Stream.runDrain(stream))

const inTime = (response: Response) =>
  Effect.timeoutOrElse(whole(response), { duration: "10 seconds", orElse: () => Effect.void })

const ways = {
  "undici's pool, text": async (endpoint) => byPool(endpoint, body),
  "undici's pool, bytes": async (endpoint) => byPool(endpoint, bytes),
  "undici's dispatcher, bytes": async (endpoint) => {
    const pool = poolOf(endpoint)
    return byCallbacks((onEnd, onError) => {
      pool.dispatch(
        { method: "POST", path: "/v1/batch", headers, body: bytes },
        {
          onRequestStart: () => {},
          onResponseStart: () => {},
          onResponseData: () => {},
          onResponseEnd: onEnd,
          onResponseError: (_, error) => onError(error)
        }
      )
    })
  },
  "Effect's HttpClient over undici": (endpoint) => byEffects(endpoint, NodeHttpClient.layerUndici, whole),
  "the same, within a time": (endpoint) => byEffects(endpoint, NodeHttpClient.layerUndici, inTime),
  "the same, the answer as a stream": (endpoint) => byEffects(endpoint, NodeHttpClient.layerUndici, streamed),
  fetch: async (endpoint) =>
    byPromises(async () => {
      const response = await fetch(`${endpoint}/v1/batch`, { method: "POST", headers, body: bytes })
      await response.arrayBuffer()
    }),
  "Effect's HttpClient over fetch": (endpoint) => byEffects(endpoint, FetchHttpClient.layer, whole)
} satisfies Record<string, (endpoint: string) => Promise<Send>>

type Way = keyof typeof ways

const isWay = (name: string | undefined): name is Way => name !== undefined && Object.hasOwn(ways, name)

/** In the process of one way. */
const measureHere = async (way: Way, endpoint: string): Promise<number> => {
  const send = await ways[way](endpoint)
  await send(warmUp)
  const before = process.cpuUsage()
  await send(requests)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requests
}

const measureThere = async (way: Way): Promise<number> => {
  const server = startProcess(new URL("server.ts", import.meta.url), ["healthy"])
  try {
    const endpoint = await nextMessage<string>(server, 10_000)
    if (typeof endpoint !== "object") return Number.NaN
    const micros = await nextMessage<number>(
      startProcess(new URL("requests.ts", import.meta.url), [way, endpoint.message]),
      60_000
    )
    return typeof micros === "object" ? micros.message : Number.NaN
  } finally {
    server.kill("SIGKILL")
  }
}

const compareAll = async (): Promise<void> => {
  const names = Object.keys(ways).filter(isWay)
  const measured = new Map(names.map((way) => [way, Array.of<number>()]))
  for (let round = 0; round < rounds; round++) {
    for (const way of names) measured.get(way)?.push(await measureThere(way))
  }
  for (const [way, micros] of measured) console.log(`${way}: ${median(micros).toFixed(1)}`)
}

const [way, endpoint] = process.argv.slice(2)
if (isWay(way) && endpoint !== undefined) process.send?.(await measureHere(way, endpoint), () => process.exit())
else await compareAll()
