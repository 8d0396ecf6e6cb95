// @effect-diagnostics processEnv:off - it is loaded before anything else
// Loaded before a program: its clock goes wrong by WRONG_BY milliseconds.
const wrongBy = Number(process.env["WRONG_BY"] ?? 0)
const right = { now: Date.now, timeOrigin: performance.timeOrigin }
Date.now = () => right.now() + wrongBy
Object.defineProperty(performance, "timeOrigin", { value: right.timeOrigin + wrongBy })
