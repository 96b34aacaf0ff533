// operator<< and operator>>.
#include <catch2/catch.hpp>
#include <iomanip>
#include <sstream>

#include <assay/number/stream.hpp>

using namespace assay;

namespace {
template <class T>
std::string shown(T x) {
  std::ostringstream out;
  out << x;
  return out.str();
}
}  // namespace

TEST_CASE("Streams print the shortest text, and obey the flags that double obeys") {
  CHECK(shown(fp16_t(0.1f)) == "0.1");
  CHECK(shown(fp8_e4m3_t(-448.0f)) == "-448");
  std::ostringstream out;
  out << std::fixed << std::setprecision(3) << fp16_t(0.1f) << ' ' << std::scientific << fp16_t(0.1f) << ' '
      << std::hexfloat << std::uppercase << fp16_t(0.1f) << ' ' << std::defaultfloat << std::showpos << std::setw(6)
      << std::setfill('*') << fp16_t(1.5f);
  CHECK(out.str() == "0.100 9.998e-02 0X1.998P-4 **+1.5");
}

TEST_CASE("Streams read back what they print") {
  std::stringstream stream;
  for (unsigned code = 0; code < 256; ++code) stream << fp8_e5m2_t::from_bits(code) << ' ';
  for (unsigned code = 0; code < 256; ++code) {
    fp8_e5m2_t x(0);
    REQUIRE(stream >> x);
    CHECK(x.bits() == code);
  }
}

TEST_CASE("Reading takes no more than the number") {
  std::istringstream in(" 1.5+2 -0x1.8p3, nan(0x3)x inf;1e5e 300");
  fp16_t x(0);
  char c = 0;
  CHECK((in >> x && static_cast<float>(x) == 1.5f));
  CHECK((in >> x && static_cast<float>(x) == 2.0f));
  CHECK((in >> x && static_cast<float>(x) == -12.0f));
  CHECK((in >> c && c == ','));
  CHECK((in >> x && x.bits() == 0x7E03));
  CHECK((in >> c && c == 'x'));
  CHECK((in >> x && isinf(x)));
  CHECK((in >> c && c == ';'));
  CHECK((in >> x && isinf(x)));
  CHECK((in >> c && c == 'e'));
  CHECK((in >> x && static_cast<float>(x) == 300.0f));
  CHECK(in.eof());
}

TEST_CASE("What is no number sets failbit and leaves the target") {
  for (const char* text : {"x", "-", ".", "1e+", "nan(", "in", ""}) {
    CAPTURE(text);
    std::istringstream in(text);
    fp16_t x(3.0f);
    CHECK_FALSE(in >> x);
    CHECK(static_cast<float>(x) == 3.0f);
  }
}

TEST_CASE("Quantised integers stream as integers") {
  CHECK(shown(qint8_t(65)) == "65");
  CHECK(shown(quint4_t(15)) == "15");
  std::istringstream in("-7 300 x");
  qint8_t q(0);
  CHECK((in >> q && q.value() == -7));
  CHECK((in >> q && q.value() == 127));
  CHECK_FALSE(in >> q);
  CHECK(q.value() == 127);
}
