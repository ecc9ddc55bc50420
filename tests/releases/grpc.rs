//! The gRPC contract, from the descriptors that reflection gives: services, messages, fields with their numbers.

use clio_proto::wire::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

use super::surface::{Entry, Rules, Surface, breaks};

/// The contract of this build.
pub(super) fn surface() -> Surface {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the descriptors are whole");
    of_files(&set, "clio.")
}

/// The contract of the files whose packages begin with this; the others are not ours.
fn of_files(set: &FileDescriptorSet, packages: &str) -> Surface {
    let mut surface = Surface::default();
    for file in set.file.iter().filter(|file| file.package().starts_with(packages)) {
        for service in &file.service {
            add_service(&mut surface, file.package(), service);
        }
        for message in &file.message_type {
            add_message(&mut surface, file.package(), message);
        }
        for found in &file.enum_type {
            add_enum(&mut surface, file.package(), found);
        }
    }
    surface
}

fn add_service(surface: &mut Surface, package: &str, service: &ServiceDescriptorProto) {
    let name = format!("{package}.{}", service.name());
    for method in &service.method {
        let stream = |is: bool| if is { "stream " } else { "" };
        let what = format!(
            "({}{}) returns ({}{})",
            stream(method.client_streaming()),
            method.input_type(),
            stream(method.server_streaming()),
            method.output_type()
        );
        let is_deprecated = method.options.as_ref().is_some_and(|own| own.deprecated());
        surface.add_entry(format!("{name}/{}", method.name()), what, is_deprecated);
    }
    surface.add(name, "service");
}

fn add_message(surface: &mut Surface, package: &str, message: &DescriptorProto) {
    let name = format!("{package}.{}", message.name());
    for field in &message.field {
        let what = field_as_text(message, field);
        let is_deprecated = field.options.as_ref().is_some_and(|own| own.deprecated());
        surface.add_entry(format!("{name}.{}", field.name()), what, is_deprecated);
    }
    for range in &message.reserved_range {
        for number in range.start()..range.end() {
            surface.add(format!("{name} reserves {number}"), "number");
        }
    }
    for reserved in &message.reserved_name {
        surface.add(format!("{name} reserves {reserved}"), "name");
    }
    for nested in &message.nested_type {
        add_message(surface, &name, nested);
    }
    for nested in &message.enum_type {
        add_enum(surface, &name, nested);
    }
    surface.add(name, "message");
}

fn field_as_text(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let label = match field.label() {
        Label::Repeated => "repeated ",
        Label::Optional if field.proto3_optional() => "optional ",
        Label::Optional | Label::Required => "",
    };
    let kind = match field.r#type() {
        Type::Message | Type::Enum | Type::Group => field.type_name().to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    let of = field.oneof_index.filter(|_| !field.proto3_optional());
    let of = of.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
    let of = of.map(|oneof| format!(", one of {}", oneof.name())).unwrap_or_default();
    format!("{label}{kind} = {}{of}", field.number())
}

fn add_enum(surface: &mut Surface, package: &str, found: &EnumDescriptorProto) {
    let name = format!("{package}.{}", found.name());
    for value in &found.value {
        let is_deprecated = value.options.as_ref().is_some_and(|own| own.deprecated());
        let what = format!("= {}", value.number());
        surface.add_entry(format!("{name}.{}", value.name()), what, is_deprecated);
    }
    surface.add(name, "enum");
}

/// Changes that clients of the contract survive.
pub(super) struct Grpc;

impl Rules for Grpc {
    /// A reused number would be read with its old meaning.
    fn is_left_behind(&self, name: &str, gone: &Entry, now: &Surface) -> Option<String> {
        let (message, field) = name.rsplit_once('.')?;
        now.get(message)?;
        let (_, number) = gone.what.split_once("= ")?;
        let number = number.split(',').next().unwrap_or(number);
        let is_reserved = |what: &str| now.get(&format!("{message} reserves {what}")).is_some();
        (now.get(message)?.what == "message" && !(is_reserved(number) && is_reserved(field)))
            .then(|| format!("reserve `{number}` and `\"{field}\"` in `{message}`"))
    }
}

#[test]
fn a_field_that_goes_leaves_its_number_reserved() {
    let old = "p.M: message\np.M.a: string = 1 (deprecated)\np.M.b: string = 2, one of x\n";
    let releases: Vec<(String, Surface)> =
        ["0.1.0", "0.2.0"].map(|release| (release.to_owned(), Surface::read(old))).into();
    let said = |now: &str| breaks(&releases, &Surface::read(now), &Grpc);
    let free = "p.M: message\np.M.b: string = 2, one of x\n";
    assert_eq!(said(free), ["`p.M.a` is gone: reserve `1` and `\"a\"` in `p.M`"]);
    assert_eq!(said(&format!("{free}p.M reserves 1: number\np.M reserves a: name\n")), [""; 0]);
    let renumbered = "p.M: message\np.M.a: string = 1 (deprecated)\np.M.b: string = 3, one of x\n";
    assert_eq!(said(renumbered).len(), 1);
}

#[test]
fn the_contract_is_read_with_numbers_types_and_methods() {
    let text = surface().to_text();
    for line in [
        "clio.v1.Cubes/Query: (.clio.v1.QueryRequest) returns (.clio.v1.QueryResponse)\n",
        "clio.v1.QueryRequest.filter: .clio.v1.Filter = 3\n",
        "clio.v1.Coverage.missing: repeated string = 3 (deprecated)\n",
        "clio.v1.Value.value: optional double = 1\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
