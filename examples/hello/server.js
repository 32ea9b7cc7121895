import { createServer } from "node:http";

const greeting = process.env.GREETING ?? "Hello from Berth!";

createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`${greeting}\n`);
}).listen(process.env.PORT);
