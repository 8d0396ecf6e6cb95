/** The long ones take minutes in `npm run test:full`. */
export const timeout = 600_000
