#include <gtest/gtest.h>

#include <map>

#include "capture/discovery/clues.h"
#include "capture/discovery/elf_file.h"
#include "capture/discovery/fake_elf.h"

namespace tarsier::capture {
namespace {

struct Case {
  std::string exe;
  std::vector<std::string> arguments;
  std::string cwd = "/";
  std::vector<std::string> environment = {}, mapped = {};
  std::map<std::string, std::string> files = {};
};

Clues clues_of(const Case& c) {
  Clues clues;
  clues.exe_path = c.exe;
  clues.cwd = c.cwd;
  clues.arguments = {c.arguments.begin(), c.arguments.end()};
  clues.environment = {c.environment.begin(), c.environment.end()};
  clues.mapped = {c.mapped.begin(), c.mapped.end()};
  clues.read_file = [&c](const std::string& path) {
    auto file = c.files.find(path);
    return file == c.files.end() ? std::string() : file->second;
  };
  return clues;
}

std::string named(const Case& c) {
  Clues clues = clues_of(c);
  return derive_name(clues, identify_runtime(clues));
}

std::string python(std::vector<std::string> arguments, std::string cwd = "/",
                   std::vector<std::string> environment = {}) {
  arguments.insert(arguments.begin(), "python3");
  return named(
      {"/usr/bin/python3.11", std::move(arguments), std::move(cwd), std::move(environment)});
}

std::string java(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  arguments.insert(arguments.begin(), "java");
  return named({"/usr/bin/java", std::move(arguments), "/", std::move(environment)});
}

TEST(Name, PythonScriptsAndModules) {
  EXPECT_EQ(python({"app.py"}), "app");
  EXPECT_EQ(python({"-u", "-X", "dev", "/srv/shop/worker.py", "--port", "80"}), "worker");
  EXPECT_EQ(python({"-m", "http.server", "80"}), "http.server");
  EXPECT_EQ(python({"-mshop.billing.__main__"}), "shop.billing");
  EXPECT_EQ(python({"/srv/shop/__main__.py"}), "shop");
  EXPECT_EQ(python({"-c", "import x"}), "python");
  EXPECT_EQ(python({}), "python");
}

TEST(Name, PythonServersAreCalledAfterTheirApplication) {
  EXPECT_EQ(python({"/usr/bin/gunicorn", "-w", "4", "-b", "0.0.0.0:8082", "receipt:app"}),
            "receipt");
  EXPECT_EQ(python({"/usr/bin/gunicorn", "receipt:make_app()", "-w", "4"}), "receipt");
  EXPECT_EQ(python({"/usr/bin/gunicorn", "-b", "localhost:80", "mysite.wsgi"}), "mysite");
  EXPECT_EQ(python({"-m", "uvicorn", "shop.receipt.main:app", "--port", "80"}), "receipt");
  EXPECT_EQ(python({"/usr/bin/gunicorn", "--name", "billing", "app:app"}), "billing");
  EXPECT_EQ(python({"/usr/bin/gunicorn", "app:application"}, "/srv/receipt"), "receipt");
  EXPECT_EQ(python({"/usr/bin/gunicorn", "app.main:app"}, "/"), "app");
  EXPECT_EQ(python({"/usr/bin/gunicorn", "-k", "gevent"}), "python");
  EXPECT_EQ(named({"/usr/bin/python3.11", {"gunicorn: worker [receipt:app]"}}), "receipt");
}

TEST(Name, PythonFrameworks) {
  EXPECT_EQ(python({"manage.py", "runserver"}, "/srv/shop"), "shop");
  EXPECT_EQ(python({"manage.py", "runserver"}, "/srv", {"DJANGO_SETTINGS_MODULE=pay.settings"}),
            "pay");
  EXPECT_EQ(python({"/usr/bin/flask", "--app", "pay", "run"}), "pay");
  EXPECT_EQ(python({"/usr/bin/flask", "run"}, "/", {"FLASK_APP=src/pay.py"}), "pay");
  EXPECT_EQ(python({"/usr/bin/celery", "-A", "pay.tasks", "worker"}), "pay");
  EXPECT_EQ(python({"/usr/bin/fastapi", "run", "shop/pay.py"}), "pay");
}

TEST(Name, Java) {
  EXPECT_EQ(java({"-Xmx1g", "-jar", "/opt/shop-1.2.3-SNAPSHOT.jar"}), "shop");
  EXPECT_EQ(java({"-jar", "x.jar"}), "x");
  EXPECT_EQ(java({"-cp", "/a:/b", "com.example.OrderService", "--x"}), "OrderService");
  EXPECT_EQ(java({"-cp", "/a", "com.example.orders.Main"}), "orders");
  EXPECT_EQ(java({"-m", "shop/com.example.orders.Main"}), "orders");
  EXPECT_EQ(java({"EchoServer.java", "80"}), "EchoServer");
  EXPECT_EQ(java({"-cp", "x", "org.apache.catalina.startup.Bootstrap", "start"}), "tomcat");
  EXPECT_EQ(java({"-Dspring.application.name=pay", "-jar", "x.jar"}), "pay");
  EXPECT_EQ(java({"-jar", "x.jar"}, {"SPRING_APPLICATION_NAME=pay"}), "pay");
  EXPECT_EQ(java({"org.springframework.boot.loader.launch.JarLauncher"}), "java");
}

TEST(Name, Node) {
  std::string exe = "/usr/bin/node";
  EXPECT_EQ(named({exe, {"node", "server.js"}, "/srv/shop"}), "server");
  EXPECT_EQ(named({exe, {"node", "-r", "x", "--inspect", "/srv/shop/dist/index.js"}}), "shop");
  EXPECT_EQ(named({exe, {"node", "dist/main.js"}, "/srv/shop"}), "shop");
  std::map<std::string, std::string> files = {{"/srv/shop/package.json", R"({"name":"@a/pay"})"}};
  EXPECT_EQ(named({exe, {"node", "./lib/x.js"}, "/srv/shop", {}, {}, files}), "pay");
  EXPECT_EQ(named({exe, {"node", "/srv/shop/node_modules/.bin/next"}, "/srv/shop", {}, {}, files}),
            "pay");
  EXPECT_EQ(named({exe, {"node", "x.js"}, "/", {"npm_package_name=pay"}}), "pay");
  EXPECT_EQ(named({exe, {"node", "/pm2.js"}, "/", {"name=pay", "pm_exec_path=/a.js"}}), "pay");
  EXPECT_EQ(named({exe, {"node", "-e", "serve(80)"}, "/srv/shop"}), "node");
  EXPECT_EQ(named({"/usr/bin/deno", {"deno", "run", "-A", "pay.ts"}, "/srv"}), "pay");
}

TEST(Name, RubyPhpDotnet) {
  EXPECT_EQ(named({"/usr/bin/ruby3.1", {"puma 6.4.0 (tcp://0.0.0.0:80) [shop]"}}), "shop");
  EXPECT_EQ(named({"/usr/bin/ruby", {"ruby", "bin/rails", "s"}, "/srv/shop"}), "shop");
  EXPECT_EQ(named({"/usr/bin/ruby", {"ruby", "-W0", "pay.rb"}}), "pay");
  EXPECT_EQ(named({"/usr/sbin/php-fpm8.2", {"php-fpm: pool shop"}}), "shop");
  EXPECT_EQ(named({"/usr/sbin/php-fpm8.2", {"php-fpm: pool www"}}), "php-fpm");
  EXPECT_EQ(named({"/usr/bin/php8.2", {"php", "-S", "0:80", "-t", "public"}, "/srv/shop/public"}),
            "shop");
  EXPECT_EQ(named({"/usr/bin/php8.2", {"php", "pay.php"}}), "pay");
  EXPECT_EQ(named({"/usr/bin/dotnet", {"dotnet", "Pay.Api.dll"}}), "Pay.Api");
  EXPECT_EQ(named({"/srv/Pay", {"./Pay"}, "/", {}, {"/dotnet/8.0.4/libcoreclr.so"}}), "Pay");
}

TEST(Name, Programs) {
  EXPECT_EQ(named({"/usr/sbin/nginx", {"nginx: worker process"}}), "nginx");
  EXPECT_EQ(named({"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", {"ld.so", "/srv/shop"}}),
            "shop");
  EXPECT_EQ(named({"/bin/busybox", {"httpd", "-f"}}), "httpd");
  EXPECT_EQ(named({"/memfd:shop", {"x"}}), "shop");
  EXPECT_EQ(named({"/srv/a\nb", {"x"}}), "a_b");
  EXPECT_EQ(named({"/usr/bin/perf", {"perf", "record"}, "/", {}, {"/lib/libpython3.11.so.1.0"}}),
            "perf");
}

TEST(Name, GoProgramsCalledMainAreNamedAfterTheirPackage) {
  Program go;
  go.language = Language::kGo;
  go.main_package = "example.com/shop/cmd/core";
  EXPECT_EQ(derive_name(clues_of({"/tmp/main", {}}), go), "core");
  EXPECT_EQ(derive_name(clues_of({"/srv/pay", {}}), go), "pay");
  go.main_package = "example.com/shop/v2";
  EXPECT_EQ(derive_name(clues_of({"/app/server", {}}), go), "shop");
  go.main_package = "command-line-arguments";
  EXPECT_EQ(derive_name(clues_of({"/tmp/main", {}}), go), "main");
}

Program runtime(const Case& c) {
  return identify_runtime(clues_of(c));
}

TEST(LanguageOf, RuntimesAndTheirVersions) {
  EXPECT_EQ(runtime({"/usr/bin/python3.11", {}}).version, "3.11");
  EXPECT_EQ(runtime({"/root/.pyenv/versions/3.12.1/bin/python3.12", {}}).version, "3.12.1");
  EXPECT_EQ(runtime({"/opt/app-9.9/bin/python3.12", {}, "/", {"PYTHON_VERSION=3.12.4"}}).version,
            "3.12.4");
  EXPECT_EQ(runtime({"/usr/bin/python3.11", {}, "/", {"PYTHON_VERSION=3.12.4"}}).version, "3.11");
  EXPECT_EQ(runtime({"/n/versions/node/v20.11.1/bin/node", {}}).version, "20.11.1");
  EXPECT_EQ(
      runtime({"/srv/Pay", {}, "/", {}, {"/x/Microsoft.NETCore.App/8.0.4/libcoreclr.so"}}).version,
      "8.0.4");
  Case jdk{"/srv/launcher",
           {},
           "/",
           {},
           {"/jdk/lib/server/libjvm.so"},
           {{"/jdk/release", "A=1\nJAVA_VERSION=\"17.0.9\"\n"}}};
  EXPECT_EQ(runtime(jdk).language, Language::kJava);
  EXPECT_EQ(runtime(jdk).version, "17.0.9");
  EXPECT_EQ(runtime({"/usr/bin/node_exporter", {}}).language, Language::kUnknown);
  EXPECT_EQ(runtime({"/usr/bin/phpunit", {}}).language, Language::kUnknown);
}

Program elf(FakeElf file) {
  std::string bytes = file.bytes();
  StringSource source(bytes);
  auto opened = ElfFile::open(source);
  Program program = identify_signature(*opened);
  if (program.language == Language::kUnknown) program.language = identify_traces(*opened);
  return program;
}

TEST(LanguageOf, RustBySignatureSymbolOrPath) {
  FakeElf signature, symbol, path, text;
  signature.add({".comment", std::string("GCC: 12\0rustc version 1.75.0 (82e 2023)\0", 41)});
  symbol.add_symbols({{"rust_eh_personality", 1}});
  path.add({".rodata", "x/rustc/" + std::string(40, 'a') + "/library/core/src/x.rs"});
  text.add({".rodata", "looks for /rustc/ and /library/ in other programs, which is no proof"});
  EXPECT_EQ(elf(signature).language, Language::kRust);
  EXPECT_EQ(elf(signature).version, "1.75.0");
  EXPECT_EQ(elf(symbol).language, Language::kRust);
  EXPECT_EQ(elf(path).language, Language::kRust);
  EXPECT_EQ(elf(text).language, Language::kUnknown);
}

TEST(LanguageOf, CppByItsLibrary) {
  FakeElf file;
  std::string strings("\0libstdc++.so.6\0", 16), dynamic;
  for (auto [tag, value] : {std::pair<int64_t, uint64_t>{DT_NEEDED, 1},
                            {DT_STRTAB, 0x5000},
                            {DT_STRSZ, strings.size()},
                            {DT_NULL, 0}}) {
    FakeElf::append(dynamic, Elf64_Dyn{tag, {value}});
  }
  file.add({".dynstr", strings, 0x5000});
  file.add({".dynamic", dynamic, 0x6000});
  EXPECT_EQ(elf(file).language, Language::kCpp);
  EXPECT_EQ(elf(FakeElf()).language, Language::kUnknown);
}

TEST(ExportsTelemetry, BySdkAgentOrSettings) {
  auto exports = [](const Case& c) { return exports_telemetry(clues_of(c), {}); };
  EXPECT_FALSE(exports({"/x", {"x"}, "/", {"OTEL_SERVICE_NAME=x"}}));
  EXPECT_TRUE(exports({"/x", {"java", "-javaagent:/opentelemetry-javaagent.jar"}}));
  EXPECT_TRUE(exports({"/x", {}, "/", {"NODE_OPTIONS=--require @opentelemetry/auto/register"}}));
  EXPECT_TRUE(exports({"/x", {}, "/", {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x:4318"}}));
  EXPECT_FALSE(
      exports({"/x", {}, "/", {"OTEL_EXPORTER_OTLP_ENDPOINT=x", "OTEL_SDK_DISABLED=true"}}));
  Program go;
  go.dependencies = {"go.opentelemetry.io/otel"};
  EXPECT_FALSE(exports_telemetry({}, go));
  go.dependencies = {"go.opentelemetry.io/otel/sdk"};
  EXPECT_TRUE(exports_telemetry({}, go));
}

}  // namespace
}  // namespace tarsier::capture
