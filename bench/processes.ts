import { type ChildProcess, fork } from "node:child_process"

/** A process of this benchmark. What a client prints is its own matter; what ends its process is shown. */
export const startProcess = (
  file: URL,
  args: ReadonlyArray<string>,
  nodeOptions: ReadonlyArray<string> = []
): ChildProcess =>
  fork(file, args, { execArgv: ["--no-warnings", ...nodeOptions], stdio: ["ignore", "ignore", "inherit", "ipc"] })

/** What a process says next, or that it is gone, or that it took too long. The sender vouches for the type. */
export type Next<Message> = { readonly message: Message } | "gone" | "overdue"

export const nextMessage = <Message>(child: ChildProcess, limitMs: number): Promise<Next<Message>> =>
  new Promise((resolve) => {
    const settle = (next: Next<Message>): void => {
      clearTimeout(timer)
      child.off("message", onMessage)
      child.off("exit", onExit)
      resolve(next)
    }
    const onMessage = (message: Message): void => settle({ message })
    const onExit = (): void => settle("gone")
    const timer = setTimeout(() => settle("overdue"), limitMs)
    child.on("message", onMessage)
    child.on("exit", onExit)
  })
