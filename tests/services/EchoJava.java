import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** GET /echo/{id}: asks DOWNSTREAM + id first when that is set; a pool of threads, a blocking client. */
public class EchoJava {
  static final String DOWNSTREAM = System.getenv().getOrDefault("DOWNSTREAM", "");

  static String ask(String id) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) new URL(DOWNSTREAM + id).openConnection();
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static void answer(HttpExchange exchange) throws IOException {
    String id = exchange.getRequestURI().getPath().substring("/echo/".length());
    int status = 200;
    String tail = "";
    if (!DOWNSTREAM.isEmpty()) {
      try {
        tail = ", \"downstream\": " + ask(id);
      } catch (IOException e) {
        status = 502;
        tail = ", \"error\": \"downstream failed\"";
      }
    }
    byte[] body = ("{\"service\": \"EchoJava\", \"id\": \"" + id + "\"" + tail + "}").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 128);
    server.createContext("/echo/", EchoJava::answer);
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.start();
  }
}
