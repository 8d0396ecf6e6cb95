/** Its text is another in the language server of printed.test.ts, which no file on the disk need have. */
export {}
